package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.message.CheckAnswer;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.message.Outcome;
import dev.interlock.protocol.message.Problem;
import dev.interlock.protocol.message.SessionReport;
import dev.interlock.protocol.message.SessionReport.Progress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes from outside is read strictly, and what goes into an error is never a value. */
final class JsonTest {
    private static final String REPORT = """
        {
          "stations" : [ {
            "place" : 3,
            "progress" : "failed",
            "bytes" : 1000,
            "problem" : {
              "kind" : "refused",
              "message" : "no",
              "node" : "cc1",
              "culprits" : [ "cc4" ],
              "waitSeconds" : 0
            }
          }, {
            "place" : 4,
            "progress" : "waiting",
            "bytes" : 0,
            "problem" : null
          } ]
        }\
        """;

    private static SessionReport read(String json) {
        return Json.read("the report", json.getBytes(StandardCharsets.UTF_8), SessionReport.class);
    }

    @Test
    void aMessageIsReadAndWrittenAsItStandsInTheSpecification() {
        SessionReport report = read(REPORT);
        assertThat(report.stations())
                .containsExactly(
                        new SessionReport.At(
                                3,
                                Progress.FAILED,
                                1000,
                                new Problem(Problem.Kind.REFUSED, "no", "cc1", List.of("cc4"))),
                        new SessionReport.At(4, Progress.WAITING, 0, null));
        assertThat(new String(Json.write(report), StandardCharsets.UTF_8)).isEqualTo(REPORT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        # what stands there      | what stands there then          | the error
        "place" : 3,             |                                 | the field stations[0].place is missing
        "culprits" : [ "cc4" ]   | "culprits" : [ null ]           | the field stations[0].problem.culprits[0] is null
        "node" : "cc1",          |                                 | the field stations[0].problem.node is missing
        "place" : 3,             | "place" : 3, "colour" : 1,      | it has an unknown field, stations[0].colour
        "place" : 3,             | "place" : 3, "place" : 3,       | it has a field twice, at line 3
        "place" : 3,             | "place" : 3, "place" : 2,       | it has a field twice, at line 3
        "place" : 3              | "place" : null                  | the field stations[0].place is null
        "place" : 3              | "place" : "3"                   | the field stations[0].place is missing or has a wrong
        "place" : 3              | "place" : 3.0                   | the field stations[0].place is missing or has a wrong
        "place" : 3              | "place" : 3.9                   | the field stations[0].place is missing or has a wrong
        "place" : 3              | "place" : 3e0                   | the field stations[0].place is missing or has a wrong
        "place" : 3              | "place" : true                  | the field stations[0].place is missing or has a wrong
        "place" : 3              | "place" : 4294967299            | it isn't JSON
        "place" : 3              | "place" : 03                    | it isn't JSON
        "bytes" : 1000           | "bytes" : 18446744073709551616  | it isn't JSON
        "bytes" : 1000           | "bytes" : NaN                   | it isn't JSON
        "progress" : "failed"    | "progress" : null               | the field stations[0].progress is null
        "progress" : "failed"    | "progress" : "FAILED"           | the field stations[0].progress is missing or has a
        "progress" : "failed"    | "progress" : "erased"           | the field stations[0].progress is missing or has a
        "progress" : "failed"    | "progress" : ""                 | the field stations[0].progress is missing or has a
        "progress" : "failed"    | "progress" : 1                  | the field stations[0].progress is missing or has a
        "progress" : "failed"    | "progress" : "1"                | the field stations[0].progress is missing or has a
        "message" : "no"         | "message" : null                | the field stations[0].problem.message is null
        "message" : "no"         | "message" : 2                   | the field stations[0].problem.message is missing or
        "message" : "no"         | "message" : true                | the field stations[0].problem.message is missing or
        "message" : "no"         | "message" : [ "no" ]            | the field stations[0].problem.message is missing or
        "waitSeconds" : 0        | "waitSeconds" : "0"             | the field stations[0].problem.waitSeconds is missing
        "problem" : null         | "problem" : 1                   | the field stations[1].problem is missing or has a
        "culprits" : [ "cc4" ]   | "culprits" : null               | the field stations[0].problem.culprits is null
        "culprits" : [ "cc4" ]   | "culprits" : "cc4"              | the field stations[0].problem.culprits is missing or
        "culprits" : [ "cc4" ]   | "culprits" : [ "cc4", 4 ]       | the field stations[0].problem.culprits[1] is missing
        "culprits" : [ "cc4" ]   | "culprits" : [ "cc4", ]         | it isn't JSON
        "culprits" : [ "cc4" ]   | 'culprits' : [ "cc4" ]          | it isn't JSON
        "culprits" : [ "cc4" ]   | /* none */ "culprits" : [ ]     | it isn't JSON
        """)
    void whatIsntAReportIsRefusedByTheNameOfTheRule(String there, String then, String rule) {
        assertThat(REPORT).contains(there);
        assertThatThrownBy(() -> read(REPORT.replace(there, then == null ? "" : then)))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("the report can't be read: " + rule);
    }

    @Test
    void nothingMayStandBehindOrInsteadOfTheObject() {
        for (String other : List.of(REPORT + "{}", REPORT + " 1", "[" + REPORT + "]", "\"report\"", "1", "")) {
            assertThatThrownBy(() -> read(other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the report can't be read: it isn't one JSON object of this kind");
        }
        for (String other :
                List.of(REPORT.substring(0, REPORT.length() - 1), REPORT + "}", "\uFEFF" + REPORT, "{'a':1}")) {
            assertThatThrownBy(() -> read(other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the report can't be read: it isn't JSON, at line ");
        }
        assertThatThrownBy(() -> read("null"))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the report is empty");
    }

    @Test
    void otherEncodingsThanUtf8AreRefused() {
        byte[] latin1 = REPORT.replace("no", "é").getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Json.read("the report", latin1, SessionReport.class))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the report can't be read: it isn't UTF-8");
        byte[] utf16 = REPORT.getBytes(StandardCharsets.UTF_16LE);
        assertThatThrownBy(() -> Json.read("the report", utf16, SessionReport.class))
                .isInstanceOf(MalformedException.class);
    }

    /** A node or client that encodes its bytes a little wrong would else have them in somebody's log. */
    @Test
    void noErrorEverQuotesAValue() {
        byte[] secret = new SeededRandom(1).bytes(32);
        String text = Base64.getEncoder().encodeToString(secret);
        String answer = """
            { "share" : "%s", "salts" : "c2FsdHM=", "ciphertext" : null, "before" : { "share" : "AAAA", "ciphertext" : null } }""".formatted(text);
        assertThat(answer(answer).share()).isEqualTo(secret);
        List<String> broken = new ArrayList<>();
        for (int at = 0; at <= text.length(); at++) {
            for (String mark : List.of("*", "-", "\\n", "\\u0000", "\\q", "\"", "=", "é", " ", "\n")) {
                broken.add(answer.replace(text, text.substring(0, at) + mark + text.substring(at)));
            }
            broken.add(answer.replace(text, text.substring(0, at)));
            broken.add(answer.substring(0, answer.indexOf(text) + at));
        }
        for (String quote : List.of("", "'", "`", "[", "{", "{\"seed\":\"", "[\"", "0x", "+", "1")) {
            broken.add(answer.replace("\"" + text + "\"", quote + text));
            broken.add(answer.replace("\"" + text + "\"", quote + text + "\"]}"));
        }
        // In the wrong field.
        for (String field : List.of("\"c2FsdHM=\"", "null", "{ \"share\" : \"AAAA\", \"ciphertext\" : null }")) {
            broken.add(answer.replaceFirst(Pattern.quote(field), "[ \"" + text + "\" ]"));
            broken.add(answer.replaceFirst(Pattern.quote(field), text));
        }

        int refused = 0;
        for (String each : broken) {
            try {
                answer(each);
            } catch (MalformedException e) {
                refused++;
                for (int at = 0; at + 4 <= text.length(); at++) {
                    assertThat(e.getMessage()).doesNotContain(text.substring(at, at + 4));
                }
                assertThat(e.getCause()).as("a cause would be logged too").isNull();
            }
        }
        assertThat(refused).isGreaterThan(broken.size() / 2);
    }

    private static CheckAnswer answer(String json) {
        return Json.read("the answer", json.getBytes(StandardCharsets.UTF_8), CheckAnswer.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\n", "\\r", "\\u001b[2J", "\\u202e", "\\u0000"})
    void anErrorHoldsNoControlCharactersFromAFieldsName(String hostile) {
        assertThatThrownBy(() -> read(REPORT.replace("\"stations\"", "\"x" + hostile + "y\" : 1, \"stations\"")))
                .isInstanceOf(MalformedException.class)
                .message()
                .matches("[\\x20-\\x7E]+");
    }

    /** Only where the specification has it: no receipt before the end, no proof without a decision. */
    @Test
    void whatMayBeNullIsReadAgain() {
        ObjectInfo info = new ObjectInfo(
                ObjectState.COMMITTED,
                new byte[] {1},
                List.of(new byte[] {2}, new byte[] {3}),
                null,
                null,
                null,
                null,
                null);
        assertThat(again(info, ObjectInfo.class)).usingRecursiveComparison().isEqualTo(info);
        ObjectInfo gone = new ObjectInfo(
                ObjectState.DESTROYED, null, List.of(), new byte[] {4}, new byte[] {8}, 5L, new byte[] {6}, new byte[] {
                    7
                });
        assertThat(again(gone, ObjectInfo.class)).usingRecursiveComparison().isEqualTo(gone);
        for (Outcome.Known known : Outcome.Known.values()) {
            Outcome outcome = new Outcome(known, null);
            assertThat(again(outcome, Outcome.class)).isEqualTo(outcome);
        }
        SessionReport report = new SessionReport(List.of(new SessionReport.At(0, Progress.WAITING, 0, null)));
        assertThat(again(report, SessionReport.class)).isEqualTo(report);
    }

    private static <T> T again(T value, Class<T> type) {
        return Json.read("it", Json.write(value), type);
    }
}

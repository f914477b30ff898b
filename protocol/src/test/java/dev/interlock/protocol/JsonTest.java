package dev.interlock.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.protocol.message.ObjectInfo;
import dev.interlock.protocol.message.ObjectState;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.message.Outcome;
import dev.interlock.protocol.message.SessionReport;
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
    private static final byte[] SEED = new SeededRandom(1).bytes(32);
    private static final String SEED_TEXT = Base64.getEncoder().encodeToString(SEED);

    private static final String ORDER = """
        {
          "kind" : "read",
          "protocol" : 3,
          "profile" : "blinded",
          "object" : "00112233445566778899aabbccddeeff",
          "session" : "ffeeddccbbaa99887766554433221100",
          "path" : [ 4, 2, 5 ],
          "homes" : [ 4 ],
          "length" : 1000,
          "dealers" : [ ],
          "recipient" : null,
          "blinds" : "expanded",
          "blind" : "%s",
          "continues" : null
        }\
        """.formatted(SEED_TEXT);

    private static Order read(String json) {
        return Json.read("the order", json.getBytes(StandardCharsets.UTF_8), Order.class);
    }

    @Test
    void anOrderIsReadAndWrittenAsItStandsInTheSpecification() {
        Order order = read(ORDER);
        assertThat(order.kind()).isEqualTo(Order.Kind.READ);
        assertThat(order.path()).containsExactly(4, 2, 5);
        assertThat(order.dealers()).isEmpty();
        assertThat(order.recipient()).isNull();
        assertThat(order.blinds()).isEqualTo("expanded");
        assertThat(order.blind()).isEqualTo(SEED);
        assertThat(new String(Json.write(order), StandardCharsets.UTF_8)).isEqualTo(ORDER);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        # what stands there    | what stands there then            | the error
        "protocol" : 3,        |                                   | the field protocol is missing
        "dealers" : [ ],       |                                   | the field dealers is missing
        "dealers" : [ ],       | "dealers" : [ null ],             | the field dealers
        "recipient" : null,    |                                   | the field recipient is missing
        "blinds" : "expanded", |                                   | the field blinds is missing
        "protocol" : 3,        | "protocol" : 3, "colour" : 1,     | it has an unknown field, colour
        "protocol" : 3,        | "protocol" : 3, "protocol" : 3,   | it has a field twice, at line 3
        "protocol" : 3,        | "protocol" : 3, "protocol" : 2,   | it has a field twice, at line 3
        "protocol" : 3         | "protocol" : null                 | the field protocol is null
        "protocol" : 3         | "protocol" : "3"                  | the field protocol is missing or has a wrong value
        "protocol" : 3         | "protocol" : 3.0                  | the field protocol is missing or has a wrong value
        "protocol" : 3         | "protocol" : 3.9                  | the field protocol is missing or has a wrong value
        "protocol" : 3         | "protocol" : 3e0                  | the field protocol is missing or has a wrong value
        "protocol" : 3         | "protocol" : true                 | the field protocol is missing or has a wrong value
        "protocol" : 3         | "protocol" : 4294967299           | it isn't JSON
        "protocol" : 3         | "protocol" : 03                   | it isn't JSON
        "length" : 1000        | "length" : 18446744073709551616   | it isn't JSON
        "length" : 1000        | "length" : NaN                    | it isn't JSON
        "kind" : "read"        | "kind" : null                     | the field kind is null
        "kind" : "read"        | "kind" : "READ"                   | the field kind is missing or has a wrong value
        "kind" : "read"        | "kind" : "erase"                  | the field kind is missing or has a wrong value
        "kind" : "read"        | "kind" : ""                       | the field kind is missing or has a wrong value
        "kind" : "read"        | "kind" : 1                        | the field kind is missing or has a wrong value
        "kind" : "read"        | "kind" : "1"                      | the field kind is missing or has a wrong value
        "profile" : "blinded"  | "profile" : null                  | the field profile is null
        "profile" : "blinded"  | "profile" : 2                     | the field profile is missing or has a wrong value
        "profile" : "blinded"  | "profile" : true                  | the field profile is missing or has a wrong value
        "profile" : "blinded"  | "profile" : [ "blinded" ]         | the field profile is missing or has a wrong value
        "recipient" : null     | "recipient" : 1                   | the field recipient is missing or has a wrong value
        "blinds" : "expanded"  | "blinds" : null                   | the field blinds is null
        "homes" : [ 4 ]        | "homes" : null                    | the field homes is null
        "homes" : [ 4 ]        | "homes" : 4                       | the field homes is missing or has a wrong value
        "homes" : [ 4 ]        | "homes" : [ null ]                | the field homes[0] is null
        "homes" : [ 4 ]        | "homes" : [ 4, "4" ]              | the field homes[1] is missing or has a wrong value
        "homes" : [ 4 ]        | "homes" : [ 4.5 ]                 | the field homes[0] is missing or has a wrong value
        "homes" : [ 4 ]        | "homes" : [ 4, ]                  | it isn't JSON
        "homes" : [ 4 ]        | 'homes' : [ 4 ]                   | it isn't JSON
        "homes" : [ 4 ]        | /* none */ "homes" : [ 4 ]        | it isn't JSON
        """)
    void whatIsntAnOrderIsRefusedByTheNameOfTheRule(String there, String then, String rule) {
        assertThat(ORDER).contains(there);
        assertThatThrownBy(() -> read(ORDER.replace(there, then == null ? "" : then)))
                .isInstanceOf(MalformedException.class)
                .hasMessageStartingWith("the order can't be read: " + rule);
    }

    @Test
    void nothingMayStandBehindOrInsteadOfTheObject() {
        for (String other : List.of(ORDER + "{}", ORDER + " 1", "[" + ORDER + "]", "\"order\"", "1", "")) {
            assertThatThrownBy(() -> read(other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the order can't be read: it isn't one JSON object of this kind");
        }
        for (String other : List.of(ORDER.substring(0, ORDER.length() - 1), ORDER + "}", "\uFEFF" + ORDER, "{'a':1}")) {
            assertThatThrownBy(() -> read(other))
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the order can't be read: it isn't JSON, at line ");
        }
        assertThatThrownBy(() -> read("null"))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the order is empty");
    }

    @Test
    void otherEncodingsThanUtf8AreRefused() {
        byte[] latin1 = ORDER.replace("blinded", "é").getBytes(StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Json.read("the order", latin1, Order.class))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the order can't be read: it isn't UTF-8");
        byte[] utf16 = ORDER.getBytes(StandardCharsets.UTF_16LE);
        assertThatThrownBy(() -> Json.read("the order", utf16, Order.class)).isInstanceOf(MalformedException.class);
    }

    /** A client that encodes its seed a little wrong would else have it in every provider's log. */
    @Test
    void noErrorEverQuotesTheSeed() {
        List<String> broken = new ArrayList<>();
        for (int at = 0; at <= SEED_TEXT.length(); at++) {
            for (String mark : List.of("*", "-", "\\n", "\\u0000", "\\q", "\"", "=", "é", " ", "\n")) {
                String spoiled = SEED_TEXT.substring(0, at) + mark + SEED_TEXT.substring(at);
                broken.add(ORDER.replace(SEED_TEXT, spoiled));
            }
            broken.add(ORDER.replace(SEED_TEXT, SEED_TEXT.substring(0, at)));
            broken.add(ORDER.substring(0, ORDER.indexOf(SEED_TEXT) + at));
        }
        for (String quote : List.of("", "'", "`", "[", "{", "{\"seed\":\"", "[\"", "0x", "+", "1")) {
            broken.add(ORDER.replace("\"" + SEED_TEXT + "\"", quote + SEED_TEXT));
            broken.add(ORDER.replace("\"" + SEED_TEXT + "\"", quote + SEED_TEXT + "\"]}"));
        }
        // In the wrong field.
        for (String field : List.of("\"read\"", "3", "[ 4 ]", "1000", "[ 4, 2, 5 ]")) {
            broken.add(ORDER.replaceFirst(Pattern.quote(field), "\"" + SEED_TEXT + "\""));
            broken.add(ORDER.replaceFirst(Pattern.quote(field), SEED_TEXT));
        }

        int refused = 0;
        for (String order : broken) {
            try {
                read(order);
            } catch (MalformedException e) {
                refused++;
                for (int at = 0; at + 4 <= SEED_TEXT.length(); at++) {
                    assertThat(e.getMessage()).doesNotContain(SEED_TEXT.substring(at, at + 4));
                }
                assertThat(e.getCause()).as("a cause would be logged too").isNull();
            }
        }
        assertThat(refused).isGreaterThan(broken.size() / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\n", "\\r", "\\u001b[2J", "\\u202e", "\\u0000"})
    void anErrorHoldsNoControlCharactersFromAFieldsName(String hostile) {
        assertThatThrownBy(() -> read(ORDER.replace("\"kind\"", "\"x" + hostile + "y\" : 1, \"kind\"")))
                .isInstanceOf(MalformedException.class)
                .message()
                .matches("[\\x20-\\x7E]+");
    }

    /** Only where the specification has it: no receipt before the end, no chain without a decision. */
    @Test
    void whatMayBeNullIsReadAgain() {
        ObjectInfo info = new ObjectInfo("00", ObjectState.COMMITTED, new byte[] {1}, null, null);
        assertThat(again(info, ObjectInfo.class)).usingRecursiveComparison().isEqualTo(info);
        Outcome unknown = new Outcome(Outcome.Decision.UNKNOWN, null);
        assertThat(again(unknown, Outcome.class)).isEqualTo(unknown);
        SessionReport report =
                new SessionReport(List.of(new SessionReport.At(0, SessionReport.Progress.WAITING, 0, null)));
        assertThat(again(report, SessionReport.class)).isEqualTo(report);
    }

    private static <T> T again(T value, Class<T> type) {
        return Json.read("it", Json.write(value), type);
    }
}

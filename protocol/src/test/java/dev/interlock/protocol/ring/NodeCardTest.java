package dev.interlock.protocol.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.Purpose;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NodeCardTest {
    private static final NodeCard CARD = Cards.provider(1);
    private static final byte[] FILE = CARD.sign(Cards.key(1));

    private static final String JSON = """
        {
          "format" : "interlock card 1",
          "role" : "provider",
          "name" : "cc1",
          "address" : "127.0.0.1:7001",
          "tlsPin" : "0000000000000000000000000000000000000000000000000000000000000001",
          "key" : "%s",
          "sealing" : "x25519:0000000000000000000000000000000000000000000000000000000000000001"
        }\
        """.formatted(CARD.key());

    @Test
    void aCardIsReadAgainAsItWasSigned() {
        assertThat(NodeCard.open(FILE)).isEqualTo(CARD);
    }

    @Test
    void theFileIsJsonAndASignatureLine() {
        byte[] signature = Cards.key(1).sign(Purpose.NODE_CARD, (JSON + "\n").getBytes(StandardCharsets.UTF_8));
        assertThat(new String(FILE, StandardCharsets.UTF_8))
                .isEqualTo(JSON + "\n-- " + CARD.key() + " " + HexFormat.of().formatHex(signature) + "\n");
    }

    @Test
    void everyChangedByteIsRejected() {
        for (int i = 0; i < FILE.length; i++) {
            for (int flip : new int[] {1, 0x20, 0x80}) {
                byte[] changed = FILE.clone();
                changed[i] ^= (byte) flip;
                try {
                    NodeCard.open(changed);
                    fail("byte %d, flipped by %d, doesn't matter", i, flip);
                } catch (MalformedException | BadSignatureException e) {
                    assertThat(e.getMessage()).isNotEmpty();
                }
            }
        }
    }

    @Test
    void everyTruncationIsRejected() {
        String text = new String(FILE, StandardCharsets.UTF_8);
        for (int length = 0; length < text.length(); length++) {
            byte[] part = text.substring(0, length).getBytes(StandardCharsets.UTF_8);
            assertThatThrownBy(() -> NodeCard.open(part))
                    .as("%d of %d bytes", length, text.length())
                    .isInstanceOf(MalformedException.class)
                    .hasMessageStartingWith("the card has ");
        }
    }

    @Test
    void whatStandsAroundTheCardIsRejected() {
        String text = new String(FILE, StandardCharsets.UTF_8);
        rejects((text + "\n").getBytes(StandardCharsets.UTF_8), "no signature line");
        rejects((text + text).getBytes(StandardCharsets.UTF_8), "signature");
        rejects(("\n" + text).getBytes(StandardCharsets.UTF_8), "signature");
        rejects(text.replace("\n", "\r\n").getBytes(StandardCharsets.UTF_8), "signature line");
        rejects(JSON.getBytes(StandardCharsets.UTF_8), "no signature line");
        rejects(text.replace(" \n", "\n").replace("-- ", "--").getBytes(StandardCharsets.UTF_8), "no signature line");
    }

    private static void rejects(byte[] document, String rule) {
        assertThatThrownBy(() -> NodeCard.open(document))
                .isInstanceOfAny(MalformedException.class, BadSignatureException.class)
                .hasMessageContaining(rule);
    }

    @Test
    void aCardSignedByAnotherNodeIsRejected() {
        byte[] document = SignedDocument.sign(Purpose.NODE_CARD, JSON.getBytes(StandardCharsets.UTF_8), Cards.key(2));
        assertThatThrownBy(() -> NodeCard.open(document))
                .isInstanceOf(MalformedException.class)
                .hasMessage("the card of cc1 is signed with another key than its own");
        assertThatThrownBy(() -> CARD.sign(Cards.key(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("names another key");
    }

    @Test
    void aSignatureForAnotherPurposeIsRejected() {
        byte[] document =
                SignedDocument.sign(Purpose.RING_DESCRIPTOR, JSON.getBytes(StandardCharsets.UTF_8), Cards.key(1));
        assertThatThrownBy(() -> NodeCard.open(document)).isInstanceOf(BadSignatureException.class);
    }

    /** Signed by the node itself, so that nothing but the field is wrong. */
    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        "interlock card 1"       | "interlock card 2"                | this is no "interlock card 1"
        "interlock card 1"       | "interlock ring 1"                | this is no "interlock card 1"
        "provider"               | "home"                            | the field role
        "provider"               | "PROVIDER"                        | the field role
        "provider"               | 0                                 | the field role
        "provider"               | null                              | the field role is null
        "name" : "cc1"           | "name" : ""                       | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "1cc"                    | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "-cc"                    | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "CC1"                    | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "cc.1"                   | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "../cc1"                 | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "cc1\\n"                 | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "\\u001b[2J"             | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "çc1"                    | a node's name has 1 to 32
        "name" : "cc1"           | "name" : "c23456789-123456789-123456789-123" | a node's name has 1 to 32
        "name" : "cc1"           | "name" : null                     | the field name is null
        "name" : "cc1"           | "name" : "cc1", "name" : "cc1"    | it has a field twice
        "name" : "cc1"           | "name" : "cc1", "note" : ""       | it has an unknown field, note
        "name" : "cc1",          |                                   | the field name is missing
        "127.0.0.1:7001"         | "127.0.0.1"                       | the address of cc1 must be host:port
        "127.0.0.1:7001"         | ":7001"                           | the address of cc1 must be host:port
        "127.0.0.1:7001"         | ""                                | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:"                      | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:x"                     | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:-1"                    | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:7001/"                 | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:7001?x"                | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:7001#x"                | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "https://127.0.0.1:7001"          | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "user@127.0.0.1:7001"             | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:07001"                 | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1 :7001"                 | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "a_b:7001"                        | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "::1:7001"                        | the address of cc1 must be host:port
        "127.0.0.1:7001"         | "127.0.0.1:0"                     | the port 0 of cc1 is outside 1..65535
        "127.0.0.1:7001"         | "127.0.0.1:65536"                 | the port 65536 of cc1 is outside 1..65535
        0000000000000001"        | 000000000000001"                  | the TLS pin of cc1 must be 64 digits
        0000000000000001"        | 00000000000000001"                | the TLS pin of cc1 must be 64 digits
        0000000000000001"        | 000000000000000A"                 | the TLS pin of cc1 must be 64 digits
        0000000000000001"        | 000000000000000g"                 | the TLS pin of cc1 must be 64 digits
        "ed25519:                | "ed448:                           | a public key is written ed25519:
        "x25519:                 | "x448:                            | the sealing key of cc1 must be x25519: or xwing:
        "x25519:00               | "x25519:                          | the sealing key of cc1 must be x25519: or xwing:
        "x25519:                 | "xwing:                           | the sealing key of cc1 must be x25519: or xwing:
        "provider"               | "dealer"                          | and a dealer has none
        """)
    void aCardThatIsntSoundIsRejectedByTheNameOfTheFault(String there, String then, String fault) {
        assertThat(JSON).contains(there);
        byte[] json = JSON.replace(there, then == null ? "" : then).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> NodeCard.open(SignedDocument.sign(Purpose.NODE_CARD, json, Cards.key(1))))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(fault)
                .message()
                .matches("[\\x20-\\x7E…]+");
    }

    @Test
    void anErrorAboutTheAddressQuotesNoUncheckedName() {
        String hostile = JSON.replace("\"cc1\"", "\"\\u001b[2J\"").replace(":7001", "");
        byte[] document =
                SignedDocument.sign(Purpose.NODE_CARD, hostile.getBytes(StandardCharsets.UTF_8), Cards.key(1));
        assertThatThrownBy(() -> NodeCard.open(document))
                .isInstanceOf(MalformedException.class)
                .message()
                .matches("[\\x20-\\x7E]+");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost:1", "cc1.example:65535", "10.0.0.1:443", "[::1]:7001", "[2001:db8::1]:7001"})
    void addressesOfEveryKindAreReadAgain(String address) {
        NodeCard card = NodeCard.of(Role.PROVIDER, "cc1", address, Cards.pin(1), CARD.key(), CARD.sealing());
        assertThat(card.address()).isEqualTo(address);
        assertThat(NodeCard.open(card.sign(Cards.key(1)))).isEqualTo(card);
    }

    @Test
    void theHostOfAnIpv6AddressHasNoBrackets() {
        NodeCard card = NodeCard.of(Role.PROVIDER, "cc1", "[::1]:7001", Cards.pin(1), CARD.key(), CARD.sealing());
        assertThat(card.host()).isEqualTo("::1");
        assertThat(card.port()).isEqualTo(7001);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "cc1", "a-", "frankfurt-1", "c23456789-123456789-123456789-12"})
    void namesOfEveryKindAreFine(String name) {
        NodeCard.checkName(name);
    }
}

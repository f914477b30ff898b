package dev.interlock.protocol.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HostNameTest {
    @ParameterizedTest
    @CsvSource({
        "Upper.Test, upper.test",
        "name.test., name.test",
        "127.0.0.1, 127.0.0.1",
        "[::1], ::1",
        "0:0:0:0:0:0:0:1, ::1",
        "0000:0000::0001, ::1",
        "::, ::",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8:0:0:0:0:0:0, 2001:db8::",
        "fe80::1%eth0, fe80::1",
        "::ffff:192.0.2.1, 192.0.2.1",
        "::ffff:c000:201, 192.0.2.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221"
    })
    void oneSpellingForOneHost(String written, String canonical) {
        assertThat(HostName.canonical(written)).isEqualTo(canonical);
        assertThat(HostName.canonical(canonical)).isEqualTo(canonical);
    }

    @ParameterizedTest
    @CsvSource({"1:2", "1::2::3", "::12345", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "::1.2.3", "::256.0.0.1"})
    void whatIsNoAddressStaysAsItIs(String written) {
        assertThat(HostName.canonical(written)).isEqualTo(written);
    }
}

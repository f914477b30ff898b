package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.protocol.error.BadInputException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ListenAddressTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0:8443, 0.0.0.0:8443",
        "[::]:8443, [::]:8443",
        ":8443, [::]:8443",
        "8443, [::]:8443",
        "[0:0::1]:1, [::1]:1",
        "Name.Test:65535, name.test:65535"
    })
    void allForms(String written, String read) {
        assertThat(ListenAddress.parse(written).text()).isEqualTo(read);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", "host:", "host:0", "host:65536", "::1:80", "host:80/", "a:b:80"})
    void whatIsNone(String written) {
        assertThatThrownBy(() -> ListenAddress.parse(written))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("HOST:PORT");
    }

    @Test
    void onlyAddressesOfThisMachine() {
        assertThat(ListenAddress.parse("127.0.0.1:80").onThisMachine("cc1"))
                .containsExactly(new InetSocketAddress("127.0.0.1", 80));
        // For documentation: no machine has it.
        assertThatThrownBy(() -> ListenAddress.parse("198.51.100.7:80").onThisMachine("cc1"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContainingAll("cc1 can't listen on 198.51.100.7:80", "no address of this machine");
        assertThatThrownBy(() -> ListenAddress.parse("no-such-host.invalid:80").onThisMachine("cc1"))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("doesn't know the name");
    }
}

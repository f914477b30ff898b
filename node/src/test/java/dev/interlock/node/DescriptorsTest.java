package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class DescriptorsTest {
    @Test
    void connectionsLeaveRoomForTheNodesOwnFiles() {
        assertThat(new Descriptors("cc1", OptionalInt.of(1024)).connections()).isEqualTo(448);
        assertThat(new Descriptors("cc1", OptionalInt.of(64)).connections()).isEqualTo(16);
        assertThat(new Descriptors("cc1", OptionalInt.empty()).connections()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void whatRunsOutIsSaidAndTakenBack() {
        Descriptors descriptors = new Descriptors("cc1", OptionalInt.of(300));
        descriptors.problem(10, 100);
        assertThat(descriptors.problem()).isEmpty();
        descriptors.problem(86, 200);
        assertThat(descriptors.problem())
                .hasValueSatisfying(
                        why -> assertThat(why).contains("accepts no more connections", "86", "300 file descriptors"));
        descriptors.problem(10, 290);
        assertThat(descriptors.problem())
                .hasValueSatisfying(why -> assertThat(why).contains("run out", "300 files and connections"));
        // Not even the folder that lists them could be opened.
        descriptors.problem(10, -1);
        assertThat(descriptors.problem()).isPresent();
        descriptors.problem(10, 100);
        assertThat(descriptors.problem()).isEmpty();
    }
}

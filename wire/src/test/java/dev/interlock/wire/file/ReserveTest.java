package dev.interlock.wire.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReserveTest {
    @TempDir
    Path folder;

    @Test
    void isGivenUpOnceAndMadeAgain() {
        Path file = folder.resolve("reserve");
        Reserve reserve = new Reserve(file, 5000);
        assertThat(reserve.release()).isFalse();
        reserve.fill();
        assertThat(file).hasSize(5000);
        reserve.fill();
        assertThat(reserve.release()).isTrue();
        assertThat(file).doesNotExist();
        assertThat(reserve.release()).isFalse();
        reserve.fill();
        assertThat(file).hasSize(5000);
    }

    @Test
    void isNotMadeWhereThereIsNoRoom() {
        new Reserve(folder.resolve("none").resolve("reserve"), 5000).fill();
        new Reserve(folder.resolve("huge"), Integer.MAX_VALUE / 2).release();
        assertThat(folder).isEmptyDirectory();
    }
}

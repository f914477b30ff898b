package dev.interlock.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.signature.VerifyingKey;
import dev.interlock.protocol.error.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator, an editor or a disk does to the users file of a running node. */
final class UsersTest {
    private static final VerifyingKey ALICE = key(1);
    private static final VerifyingKey BOB = key(2);
    private static final VerifyingKey CAROL = key(3);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void two() throws IOException {
        file = folder.resolve("users");
        write("alice " + ALICE + "\nbob " + BOB + "\n");
    }

    private static VerifyingKey key(int i) {
        try (SecretBytes seed = SecretBytes.allocate(SigningKey.SEED_BYTES)) {
            byte[] bytes = seed.copyToHeap();
            bytes[0] = (byte) i;
            try (SigningKey key = new SigningKey(SecretBytes.taking(bytes))) {
                return key.verifyingKey();
            }
        }
    }

    private void write(String text) throws IOException {
        Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void serves(Users users, VerifyingKey... those) {
        for (VerifyingKey key : new VerifyingKey[] {ALICE, BOB, CAROL}) {
            assertThat(users.contains(key))
                    .as(key.toString())
                    .isEqualTo(List.of(those).contains(key));
        }
    }

    @Test
    void changesCount() throws IOException {
        Users users = new Users(file);
        serves(users, ALICE, BOB);
        write("carol " + CAROL + "\n");
        serves(users, CAROL);
        write("");
        serves(users);
    }

    @Test
    void aCommentMayBeInAnyEncoding() throws IOException {
        Users users = new Users(file);
        write("# für Jürgen\ncarol " + CAROL + "\n");
        serves(users, CAROL);
    }

    @Test
    void whatEditorsOfWindowsWriteIsRead() throws IOException {
        Files.writeString(file, "\uFEFFalice " + ALICE + "\r\n\r\n  bob\t" + BOB + "  \r\n");
        serves(new Users(file), ALICE, BOB);
    }

    @Test
    void aSlipConcernsItsOwnLineAlone() throws IOException {
        Users users = new Users(file);
        serves(users, ALICE, BOB);
        // Alice's line is cut; bob is taken out; carol comes.
        write("alice ed25519:12\ncarol " + CAROL + "\n");
        serves(users, ALICE, CAROL);
        // After a restart, too.
        serves(new Users(file), ALICE, CAROL);
        write("carol " + CAROL + "\n");
        serves(users, CAROL);
        serves(new Users(file), CAROL);
    }

    @Test
    void aFileThatIsGoneUnreadableOrNoTextChangesNothing() throws IOException {
        Users users = new Users(file);
        Files.delete(file);
        serves(users, ALICE, BOB);
        serves(new Users(file), ALICE, BOB);
        Files.createDirectory(file);
        serves(users, ALICE, BOB);
        Files.delete(file);
        Files.write(file, ("carol " + CAROL + "\n").getBytes(StandardCharsets.UTF_16));
        serves(users, ALICE, BOB);
        serves(new Users(file), ALICE, BOB);
    }

    @Test
    void aFileThatIsMovedThereCountsWhateverItsTime() throws IOException {
        Users users = new Users(file);
        serves(users, ALICE, BOB);
        FileTime time = Files.getLastModifiedTime(file);
        Path other = folder.resolve("other");
        Files.writeString(other, "bob__ " + BOB + "\ncarol " + CAROL + "\n");
        Files.setLastModifiedTime(other, time);
        Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        serves(users, BOB, CAROL);
    }

    @Test
    void beforeAnybodyIsLetInNobodyIs() throws IOException {
        Files.delete(file);
        serves(new Users(file));
    }

    @Test
    void whoIsLetInStandsOnALineOfTheirOwn() throws IOException {
        write("# ü\nalice " + ALICE);
        Users.append(file, "bob", BOB.toString());
        Users.append(file, "bob", BOB.toString());
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                .isEqualTo("# ü\nalice " + ALICE + "\nbob " + BOB + "\n");
        assertThatThrownBy(() -> Users.append(file.resolve("below"), "carol", CAROL.toString()))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining(file.toString());
    }
}

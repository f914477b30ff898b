package dev.interlock.wire.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Keys, credentials, cards, descriptors: files that people edit, as their editors leave them. */
public final class SmallFile {
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    private SmallFile() {}

    /** The content without the mark that some editors put before a text in UTF-8. Wipes what it was given if it copies. */
    public static byte[] withoutMark(byte[] content) {
        int mark = BYTE_ORDER_MARK.length;
        if (!Arrays.equals(content, 0, Math.min(mark, content.length), BYTE_ORDER_MARK, 0, mark)) {
            return content;
        }
        byte[] rest = Arrays.copyOfRange(content, mark, content.length);
        Arrays.fill(content, (byte) 0);
        return rest;
    }

    /** All of a file without such a mark. */
    public static byte[] read(Path file) throws IOException {
        return withoutMark(Files.readAllBytes(file));
    }

    /**
     * All of a signed text, with the ends of lines that it was signed with: editors of Windows write others. What it says
     * is checked by its signature all the same.
     */
    public static byte[] readDocument(Path file) throws IOException {
        byte[] content = read(file);
        byte[] lines = new byte[content.length];
        int length = 0;
        for (int i = 0; i < content.length; i++) {
            if (content[i] != '\r' || i + 1 == content.length || content[i + 1] != '\n') {
                lines[length] = content[i];
                length++;
            }
        }
        return Arrays.copyOf(lines, length);
    }
}

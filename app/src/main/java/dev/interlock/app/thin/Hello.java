package dev.interlock.app.thin;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that a command takes from its process, but for its streams.
 *
 * @param build which build the command is of
 * @param surroundings what the agent must have in common with the process, see {@link Surroundings}
 * @param folder the working directory
 * @param umask as the kernel shows it: octal
 * @param isTerminal whether standard input and output are one
 * @param isErrTerminal whether standard error is one that a person looks at
 * @param environment what commands read of it
 * @param files every argument that may name a file, with what it names
 */
public record Hello(
        String build,
        String surroundings,
        String folder,
        String umask,
        boolean isTerminal,
        boolean isErrTerminal,
        Map<String, String> environment,
        Map<String, String> files,
        List<String> arguments) {
    private static final int VERSION = 1;

    /** @return empty where it is longer than an agent takes */
    ByteBuffer encode() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeInt(VERSION);
            write(out, build);
            write(out, surroundings);
            write(out, folder);
            write(out, umask);
            out.writeBoolean(isTerminal);
            out.writeBoolean(isErrTerminal);
            write(out, environment);
            write(out, files);
            out.writeInt(arguments.size());
            for (String argument : arguments) {
                write(out, argument);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    /** @throws IOException where it isn't exactly a hello of this version */
    public static Hello decode(ByteBuffer from) throws IOException {
        byte[] bytes = new byte[from.remaining()];
        from.get(bytes);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        if (in.readInt() != VERSION) {
            throw new IOException("another version");
        }
        Hello hello = new Hello(
                read(in),
                read(in),
                read(in),
                read(in),
                in.readBoolean(),
                in.readBoolean(),
                readMap(in),
                readMap(in),
                readList(in));
        if (in.read() >= 0) {
            throw new IOException("more than a hello");
        }
        return hello;
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static void write(DataOutputStream out, Map<String, String> map) throws IOException {
        out.writeInt(map.size());
        for (Map.Entry<String, String> each : map.entrySet()) {
            write(out, each.getKey());
            write(out, each.getValue());
        }
    }

    private static String read(DataInputStream in) throws IOException {
        byte[] bytes = new byte[count(in, 1)];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, String> readMap(DataInputStream in) throws IOException {
        Map<String, String> map = new LinkedHashMap<>();
        for (int left = count(in, 8); left > 0; left--) {
            map.put(read(in), read(in));
        }
        return map;
    }

    private static List<String> readList(DataInputStream in) throws IOException {
        List<String> list = new ArrayList<>();
        for (int left = count(in, 4); left > 0; left--) {
            list.add(read(in));
        }
        return list;
    }

    /** No more than there can be. */
    private static int count(DataInputStream in, int smallestBytes) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > in.available() / smallestBytes) {
            throw new IOException("a length of " + count + " with " + in.available() + " bytes to come");
        }
        return count;
    }
}

package dev.interlock.core.token;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.sharing.ShareIndex;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Fields that several encodings share. */
final class Encodings {
    private Encodings() {}

    static ShareIndex x(ByteReader in) {
        try {
            return new ShareIndex(in.u8());
        } catch (IllegalArgumentException e) {
            throw e instanceof MalformedException ? e : new MalformedException("a provider's place: " + e.getMessage());
        }
    }

    /** Different share indices behind a u8 that counts them. */
    static List<ShareIndex> xs(ByteReader in) {
        List<ShareIndex> xs = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            xs.add(x(in));
        }
        return List.copyOf(xs);
    }

    static void xs(ByteWriter out, List<ShareIndex> xs) {
        out.u8(xs.size());
        xs.forEach(x -> out.u8(x.x()));
    }

    /** Texts behind a u8 that counts them. */
    static List<String> texts(ByteReader in) {
        List<String> texts = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            texts.add(in.text());
        }
        return List.copyOf(texts);
    }

    static void texts(ByteWriter out, List<String> texts) {
        out.u8(texts.size());
        texts.forEach(out::text);
    }

    /** 0 or 1. */
    static boolean flag(ByteReader in) {
        int flag = in.u8();
        require(flag <= 1, "a flag is 0 or 1, not " + flag);
        return flag == 1;
    }

    static <T> void requireDistinct(List<T> each, String what) {
        require(new HashSet<>(each).size() == each.size(), what + " stands twice");
    }

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new MalformedException(otherwise);
        }
    }
}

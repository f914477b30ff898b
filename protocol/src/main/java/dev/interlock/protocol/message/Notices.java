package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.protocol.request.DestroyNotice;
import java.util.ArrayList;
import java.util.List;

/** Destroy notices of one object, for one provider to carry to others. */
public record Notices(List<DestroyNotice> notices) {
    public Notices {
        notices = List.copyOf(notices);
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().u8(notices.size());
        notices.forEach(notice -> out.bytes(notice.encode()));
        return out.toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of some */
    public static Notices decode(byte[] bytes) {
        ByteReader in = new ByteReader("the notices", bytes);
        List<DestroyNotice> notices = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            notices.add(DestroyNotice.decode(in.bytes()));
        }
        in.end();
        return new Notices(notices);
    }
}

package dev.interlock.protocol.message;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.token.Command;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands about one object, each for one provider: for another to carry there, or one handover for all of them.
 *
 * @param commands at most {@value #MOST}
 */
public record Commands(List<Command.Authorised> commands) {
    /** As many as a ring has providers. */
    public static final int MOST = 254;

    public Commands {
        commands = List.copyOf(commands);
    }

    public byte[] encode() {
        ByteWriter out = new ByteWriter().u8(commands.size());
        commands.forEach(command -> out.bytes(command.encode()));
        return out.toBytes();
    }

    /** @throws dev.interlock.core.encoding.MalformedException unless these are exactly the bytes of some */
    public static Commands decode(byte[] bytes) {
        ByteReader in = new ByteReader("the commands", bytes);
        List<Command.Authorised> commands = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            commands.add(Command.Authorised.decode(in.bytes()));
        }
        in.end();
        return new Commands(commands);
    }
}

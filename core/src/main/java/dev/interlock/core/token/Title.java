package dev.interlock.core.token;

import static dev.interlock.core.token.Encodings.require;

import dev.interlock.core.encoding.ByteReader;
import dev.interlock.core.encoding.ByteWriter;
import dev.interlock.core.signature.Purpose;
import dev.interlock.core.signature.SigningKey;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose an object is, and how it became theirs: the key that its id hangs on, and each owner's word that it is the next one's. It
 * needs nobody's say-so: whoever has the id can check it. It says whose an object is, and never who may act.
 *
 * @param first O of the one who made the object
 * @param handovers in their order, each signed by the owner before, at most {@value #MOST_HANDOVERS}
 */
public record Title(OwnerKey first, List<Handover> handovers) {
    /** An object that was handed over so often is put again instead. */
    public static final int MOST_HANDOVERS = 16;

    /** @throws dev.interlock.core.encoding.MalformedException when there are too many handovers */
    public Title {
        handovers = List.copyOf(handovers);
        require(
                handovers.size() <= MOST_HANDOVERS,
                "an object is handed over at most " + MOST_HANDOVERS + " times, not " + handovers.size());
    }

    /** Of an object that was never handed over. */
    public static Title of(OwnerKey first) {
        return new Title(first, List.of());
    }

    /** The id of the object that is the first key's, and can be no other's. */
    public ObjectId object() {
        return first.object();
    }

    /** O, whose the object is now. */
    public OwnerKey owner() {
        return handovers.isEmpty() ? first : handovers.getLast().to();
    }

    /** The owner's word that it is another's. */
    public Handover handOver(SigningKey owner, OwnerKey to) {
        return new Handover(to, owner.sign(Purpose.HANDOVER, message(handovers.size(), to)));
    }

    /** Whether it can be handed over once more. */
    public boolean hasRoom() {
        return handovers.size() < MOST_HANDOVERS;
    }

    /** What it is after that. */
    public Title with(Handover handover) {
        List<Handover> more = new ArrayList<>(handovers);
        more.add(handover);
        return new Title(first, more);
    }

    /** @throws dev.interlock.core.signature.BadSignatureException unless each owner signed its handover */
    public void verify() {
        OwnerKey owner = first;
        for (int place = 0; place < handovers.size(); place++) {
            Handover handover = handovers.get(place);
            owner.key().verify(Purpose.HANDOVER, message(place, handover.to()), handover.signature());
            owner = handover.to();
        }
    }

    /** The object, the handover's place from 0, and to whom: one owner's word for one place can't serve at another. */
    private byte[] message(int place, OwnerKey to) {
        ByteWriter out =
                new ByteWriter().fixed(object().bytes(), ObjectId.BYTES).u8(place);
        to.write(out);
        return out.toBytes();
    }

    /** Whether this is that one, or came of it by handovers. */
    public boolean continues(Title earlier) {
        return first.equals(earlier.first)
                && handovers.size() >= earlier.handovers.size()
                && handovers.subList(0, earlier.handovers.size()).equals(earlier.handovers);
    }

    void write(ByteWriter out) {
        first.write(out);
        out.u8(handovers.size());
        handovers.forEach(handover -> handover.write(out));
    }

    static Title read(ByteReader in) {
        OwnerKey first = OwnerKey.read(in);
        List<Handover> handovers = new ArrayList<>();
        int count = in.u8();
        for (int i = 0; i < count; i++) {
            handovers.add(Handover.read(in));
        }
        return new Title(first, handovers);
    }
}

package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.core.encoding.MalformedException;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.LinearHash;
import dev.interlock.core.sharing.ShareIndex;
import dev.interlock.core.signature.BadSignatureException;
import dev.interlock.core.signature.SigningKey;
import dev.interlock.core.token.Holding.Part;
import dev.interlock.core.token.Profile;
import dev.interlock.core.token.Scheme;
import dev.interlock.core.token.Statement;
import dev.interlock.core.token.Work;
import dev.interlock.protocol.message.Order;
import dev.interlock.protocol.ring.Provider;
import dev.interlock.protocol.ring.RingDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PassageTest {
    private static final ByteSpace BYTES = new ByteSpace();

    private final SeededRandom random = new SeededRandom(7);
    private final MemoryRing memory = new MemoryRing(5, 3, 7);
    private final RingDescriptor ring = memory.ring;

    private Write.Plan plan(Scheme scheme) {
        List<ShareIndex> path = ring.providers().stream().map(Provider::x).toList();
        return Write.plan(
                ring,
                scheme,
                memory.maker,
                3000,
                path,
                Optional.empty(),
                scheme.blinded() ? Blinding.EXPANDED : Blinding.NONE,
                true,
                Optional.empty());
    }

    private static MemorySegment hash(byte[] seed, byte[] bytes) {
        try (LinearHash hash = new LinearHash(seed)) {
            hash.update(MemorySegment.ofArray(bytes));
            return MemorySegment.ofArray(hash.digest());
        }
    }

    private byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void theHashesOfTheStreamsAreWhatIsExpected(int protocol) {
        for (Profile profile : Profile.values()) {
            Scheme scheme = new Scheme(protocol, profile);
            try (Write.Plan plan = plan(scheme)) {
                int length = (int) plan.layout().padTotal();
                byte[] rho = noise(LinearHash.SEED_BYTES);
                Map<ShareIndex, byte[]> shares = new LinkedHashMap<>();
                Map<ShareIndex, MemorySegment> blinds = new LinkedHashMap<>();
                byte[] flow = noise(length);
                List<byte[]> outs = new ArrayList<>();
                for (ShareIndex x : plan.path()) {
                    byte[] share = noise(length);
                    byte[] blind = new byte[length];
                    if (scheme.blinded()) {
                        random.nextBytes(blind);
                        blinds.put(x, hash(rho, blind));
                    }
                    shares.put(x, hash(rho, share).toArray(JAVA_BYTE));
                    Hop.apply(
                            BYTES,
                            MemorySegment.ofArray(flow),
                            Lagrange.coefficient(0, x, scheme.writePoints(plan.path())),
                            MemorySegment.ofArray(share),
                            Blind.of(BYTES, MemorySegment.ofArray(blind)));
                    outs.add(hash(rho, flow).toArray(JAVA_BYTE));
                }
                plan.homes().forEach(_ -> outs.add(outs.getLast()));
                List<byte[]> expected = Passage.expected(plan, outs.getLast(), shares, blinds);
                assertThat(expected).hasSameSizeAs(Passage.stations(plan)).hasSameSizeAs(outs);
                for (int place = 0; place < outs.size(); place++) {
                    assertThat(expected.get(place)).isEqualTo(outs.get(place));
                }
            }
        }
    }

    @Test
    void anAttestedWriteIsAWriteWhoseStationsSignBetweenNeighbours() {
        try (Write.Plan plan = plan(new Scheme(3, Profile.BLINDED))) {
            ShareIndex first = plan.path().getFirst();
            Order order = Order.decode(memory.order(plan.session(), first));
            assertThat(Statement.decode(order.statement()).work().kind()).isEqualTo(Work.Kind.ATTESTED);
            try (Session session = Session.accept(ring, first, order, memory.asking("cc1"), memory.maker.now())) {
                assertThat(session.isWrite()).isTrue();
                List<Station> stations = session.route().stations();
                assertThat(stations).isEqualTo(Passage.stations(plan));
                for (Station station : stations) {
                    assertThat(Passage.isSigned(session, station)).isEqualTo(station.place() > 0);
                    assertThat(Passage.signs(session, station)).isEqualTo(station.place() < stations.size() - 1);
                }
            }
        }
    }

    /** What a hop signed in one session is no word about another one's stream. */
    @Test
    void aStationsWordIsForItsSessionAndItsPlaceAlone() {
        try (Write.Plan plan = plan(new Scheme(3, Profile.BLINDED));
                Write.Plan other = plan(new Scheme(3, Profile.BLINDED))) {
            List<Station> stations = Passage.stations(plan);
            byte[] root = random.bytes(32);
            for (Station station : stations) {
                SigningKey key = memory.cc(station.provider()).key;
                byte[] signature = Passage.sign(key, ring, plan.id(), station, root);
                Passage.verify(ring, plan.id(), station, root, signature);
                assertThatThrownBy(() -> Passage.verify(ring, other.id(), station, root, signature))
                        .isInstanceOf(BadSignatureException.class);
                assertThatThrownBy(() -> Passage.verify(ring, plan.id(), station, new byte[32], signature))
                        .isInstanceOf(BadSignatureException.class);
                stations.stream()
                        .filter(each ->
                                !each.provider().equals(station.provider()) || each.stored() != station.stored())
                        .forEach(
                                each -> assertThatThrownBy(() -> Passage.verify(ring, plan.id(), each, root, signature))
                                        .isInstanceOf(BadSignatureException.class));
            }
        }
    }

    @Test
    void whatAHopHandedOnIsNoPartOfAnObject() {
        assertThatThrownBy(() -> Part.parse("passed")).isInstanceOf(MalformedException.class);
    }
}

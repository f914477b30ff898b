package dev.interlock.protocol;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.ShareIndex;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether values at the points of providers lie on polynomials of degree below t, byte by byte. */
final class OnePolynomial {
    private OnePolynomial() {}

    /** @param values t or more, all of one length */
    static boolean holds(FieldKernel kernel, int t, Map<ShareIndex, MemorySegment> values) {
        boolean holds = true;
        for (Map.Entry<ShareIndex, MemorySegment> each :
                values.entrySet().stream().skip(t).toList()) {
            holds &= isAt(kernel, each.getKey().x(), t, values, each.getValue());
        }
        return holds;
    }

    /** Whether the polynomials through the first t of these have this value at z. */
    static boolean isAt(
            FieldKernel kernel, int z, int t, Map<ShareIndex, MemorySegment> values, MemorySegment expected) {
        List<Map.Entry<ShareIndex, MemorySegment>> first =
                values.entrySet().stream().limit(t).toList();
        try (SecretBytes difference = SecretBytes.copyOf(expected)) {
            PadCombiner.combine(
                    kernel,
                    z,
                    first.stream().mapToInt(each -> each.getKey().x()).toArray(),
                    first.stream().map(Map.Entry::getValue).toList(),
                    difference.segment());
            return isZero(difference.segment());
        }
    }

    /** In a time that depends on the length alone. */
    private static boolean isZero(MemorySegment bytes) {
        int any = 0;
        for (long i = 0; i < bytes.byteSize(); i++) {
            any |= bytes.get(JAVA_BYTE, i);
        }
        return any == 0;
    }

    /** The one without whom the others lie on one polynomial, where there are enough others to tell. */
    static Optional<ShareIndex> odd(FieldKernel kernel, int t, Map<ShareIndex, MemorySegment> values) {
        return values.keySet().stream()
                .filter(x -> values.size() > t + 1)
                .filter(x -> {
                    Map<ShareIndex, MemorySegment> others = new LinkedHashMap<>(values);
                    others.remove(x);
                    return holds(kernel, t, others);
                })
                .findFirst();
    }
}

package dev.interlock.bench.kernels;

import dev.interlock.bench.Report;
import dev.interlock.core.field.ByteSpace;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.ReferenceKernel;
import dev.interlock.core.field.SwarKernel;
import dev.interlock.core.secret.Keystream;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.core.sharing.Blind;
import dev.interlock.core.sharing.Hop;
import dev.interlock.core.sharing.Lagrange;
import dev.interlock.core.sharing.PadCombiner;
import dev.interlock.core.sharing.PadDealer;
import dev.interlock.core.sharing.Threshold;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The layer in this JVM, without JMH, after everything else that a party computes has run here with every kernel, over
 * native memory and arrays: call sites have seen several classes, and the compiler has to cope as it has to in a provider.
 */
final class PlainRun {
    private static final int[] SIZES = {4098, 64 * 1024, 1 << 20};
    private static final int[] AWKWARD_SIZES = {1, 13, 207, 4098, 64 * 1024};
    private static final int T = 3;
    private static final int[] XS = {1, 2, 3, 4, 5};
    private static final int COEFFICIENT = 0xB7;

    private final List<FieldKernel> kernels;
    private final FieldKernel kernel;
    private final boolean quick;

    /** @param kernel what is measured and, beside the others, checked */
    PlainRun(FieldKernel kernel, boolean quick) {
        this.kernel = kernel;
        this.kernels = List.of(kernel, new SwarKernel(), new ReferenceKernel());
        this.quick = quick;
    }

    void run(String suite, Report report) {
        Turns.warmUp(this::everything);
        for (int size : SIZES) {
            measure(suite, report, size);
        }
    }

    /** Whatever the parties do, once with each kernel. */
    private void everything() {
        for (FieldKernel each : kernels) {
            for (int size : AWKWARD_SIZES) {
                MemorySegment share = Bout.noise(size, 2);
                hop(each, size, Bout.noise(size, 1), share);
                hop(each, size, MemorySegment.ofArray(new byte[size]), share);
                deal(each, size);
            }
        }
    }

    private void hop(FieldKernel each, int size, MemorySegment flow, MemorySegment share) {
        ByteSpace space = new ByteSpace(each);
        MemorySegment before = Bout.noise(size, 3);
        before.copyFrom(flow);
        Hop.apply(space, flow, COEFFICIENT, share, Blind.none());
        Truth.layer("hop by " + each.name() + " in a plain run", flow, before, COEFFICIENT, share);
        Hop.apply(space, flow, COEFFICIENT, share, Blind.of(space, share));
        Truth.layer("hop with a whole blind by " + each.name() + " in a plain run", flow, before, 1, share);
        try (SecretBytes seed = SecretBytes.copyOf(Bout.noise(Keystream.SEED_BYTES, 4));
                Blind<MemorySegment> on = Blind.expanded(seed);
                Blind<MemorySegment> off = Blind.expanded(seed)) {
            Hop.apply(space, flow, COEFFICIENT, share, on);
            Hop.apply(space, flow, COEFFICIENT, share, off);
        }
        Truth.layer("hops with expanded blinds by " + each.name() + " in a plain run", flow, before, 1, share);
    }

    private void deal(FieldKernel each, int size) {
        List<MemorySegment> shares = new ArrayList<>();
        for (int x : XS) {
            shares.add(Bout.noise(size, x));
        }
        try (SecretBytes seed = SecretBytes.copyOf(Bout.noise(Keystream.SEED_BYTES, 5));
                PadDealer dealer = new PadDealer(new Threshold(T, XS.length), XS, each, seed)) {
            dealer.next(size, shares);
        }
        Truth.dealt("deal by " + each.name() + " in a plain run", T, XS, shares);
        int[] points = {1, 3, 5};
        List<MemorySegment> three = List.of(shares.get(0), shares.get(2), shares.get(4));
        MemorySegment sum = Bout.noise(size, 6);
        MemorySegment before = Bout.noise(size, 6);
        PadCombiner.combine(each, 0, points, three, sum);
        Truth.sum(
                "combine by " + each.name() + " in a plain run", sum, before, Lagrange.coefficients(0, points), three);
    }

    private void measure(String suite, Report report, int size) {
        MemorySegment in = Bout.noise(size, 1);
        MemorySegment share = Bout.noise(size, 2);
        MemorySegment out = Bout.noise(size, 3);
        ByteSpace space = new ByteSpace(kernel);
        Blind<MemorySegment> none = Blind.none();
        Turns turns = new Turns(List.of(
                new Contender("layer", size, () -> kernel.addScaled(out, in, COEFFICIENT, share)),
                new Contender("plain XOR", size, () -> PlainXor.ByVectors.two(out, in, share)),
                new Contender("hop", size, () -> Hop.apply(space, out, COEFFICIENT, share, none)),
                new Contender("plain XOR in place", size, () -> PlainXor.ByVectors.two(out, out, share))));
        List<List<Double>> rates = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        int repetitions = quick ? 5 : 7;
        Turns.warmUp(turns::round);
        for (int repetition = 0; repetition < repetitions; repetition++) {
            turns.reset();
            long until = System.nanoTime() + (quick ? 100_000_000L : 300_000_000L);
            do {
                turns.round();
            } while (System.nanoTime() < until);
            for (int i = 0; i < rates.size(); i++) {
                rates.get(i).add(turns.rate(i));
            }
        }
        kernel.addScaled(out, in, COEFFICIENT, share);
        Truth.layer("layer in a plain run", out, in, COEFFICIENT, share);
        String at = ", " + Kernels.size(size);
        report.ratio(
                suite,
                "layer in a plain run" + at,
                "GB/s",
                rates.get(0),
                "plain XOR",
                rates.get(1),
                size >= Kernels.GOALS_FROM_BYTES ? Kernels.LAYER_GOAL : null);
        report.ratio(suite, "hop in a plain run" + at, "GB/s", rates.get(2), "plain XOR in place", rates.get(3), null);
    }
}

package dev.interlock.app;

import dev.interlock.core.commitment.Leaves;
import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.dealer.DealerNode;
import dev.interlock.node.dealer.Noise;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import dev.interlock.node.store.Stores;
import dev.interlock.protocol.ring.Role;
import dev.interlock.wire.Deadlines;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real node in a process of its own that lies when it is told to: {@code LyingNode FOLDER STALL_SECONDS}. Each line of its
 * input is the {@link Fault} from now on, answered with how often it lied since the last; the input's end is the node's. The lies are told beneath it,
 * in the store and the arithmetic that it is given: the node itself can't lie.
 */
final class LyingNode {
    /** The least that is a chunk, and no salt. */
    private static final int LARGE_BYTES = Leaves.SALT_BYTES + 1;

    /** What a node does wrong. */
    enum Fault {
        NONE,
        /** Reads one chunk of its share wrong. */
        SHARE_CHUNK,
        /** Reads its whole share wrong. */
        SHARE,
        /** Reads one chunk of its ciphertext wrong. */
        CIPHERTEXT,
        /** Has the right share and one wrong byte in each hop. */
        HOP,
        /** Ends what it gives out a chunk early; breaks off in the middle of a hop. */
        SHORT,
        /** Answers, and then gives nothing. */
        STALLED,
        /** Stores a share with a wrong byte. */
        STORED_SHARE,
        /** Stores a ciphertext with a wrong byte. */
        STORED_CIPHERTEXT,
        /** One wrong byte, in one hop or dealing, and never again. */
        ONCE
    }

    private volatile Fault fault = Fault.NONE;
    /** How many sums are to be right, before and after one is wrong. */
    private final AtomicInteger sums = new AtomicInteger();

    private final AtomicInteger told = new AtomicInteger();

    /** @return how many lies were told until now */
    private int become(Fault other) {
        fault = other;
        sums.set(0);
        return told.getAndSet(0);
    }

    private boolean is(Fault one) {
        return fault == one;
    }

    /** Stands still for as long as this is the fault. */
    private void stall() {
        while (is(Fault.STALLED)) {
            told.incrementAndGet();
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void spoil(MemorySegment bytes) {
        told.incrementAndGet();
        long at = bytes.byteSize() / 2;
        bytes.set(ValueLayout.JAVA_BYTE, at, (byte) (bytes.get(ValueLayout.JAVA_BYTE, at) ^ 0x10));
    }

    private final class Kernel implements FieldKernel {
        private final FieldKernel honest = FieldKernels.chosen();

        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            stall();
            honest.addScaled(out, in, coefficient, src);
            if (out.byteSize() < LARGE_BYTES) {
                return;
            }
            int before = sums.getAndIncrement();
            if (before == 0 && (is(Fault.HOP) || is(Fault.ONCE))) {
                spoil(out);
            }
            if (before > 0 && is(Fault.SHORT)) {
                told.incrementAndGet();
                throw new IllegalStateException("it breaks off");
            }
        }

        @Override
        public String name() {
            return "lying";
        }
    }

    private interface Lie {
        /** @param honest does what the method does */
        Object about(Method method, Object[] arguments, Honest honest) throws Throwable;
    }

    private interface Honest {
        Object answer() throws Throwable;
    }

    private static <T> T lying(Class<T> type, T honest, Lie lie) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, arguments) -> {
                    Object[] all = arguments == null ? new Object[0] : arguments;
                    return lie.about(method, all, () -> {
                        try {
                            return method.invoke(honest, all);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
                }));
    }

    private Store store(Store store) {
        return lying(Store.class, store, (method, arguments, honest) -> {
            Object answer = honest.answer();
            return switch (method.getName()) {
                case "begin" -> written((PendingObject) answer);
                case "open" -> read((Blob) answer, (BlobKind) arguments[1]);
                default -> answer;
            };
        });
    }

    private PendingObject written(PendingObject object) {
        rearm();
        return lying(PendingObject.class, object, (method, arguments, honest) -> {
            Object answer = honest.answer();
            if (!method.getName().equals("create")) {
                return answer;
            }
            BlobKind kind = (BlobKind) arguments[0];
            boolean wrong = kind.equals(BlobKind.SHARE) && is(Fault.STORED_SHARE)
                    || kind.equals(BlobKind.CIPHERTEXT) && is(Fault.STORED_CIPHERTEXT);
            return wrong ? appended((Blob) answer) : answer;
        });
    }

    private Blob appended(Blob blob) {
        return lying(Blob.class, blob, (method, arguments, honest) -> {
            if (method.getName().equals("append") && blob.records() == 0) {
                byte[] other = ((MemorySegment) arguments[0]).toArray(ValueLayout.JAVA_BYTE);
                MemorySegment wrong = MemorySegment.ofArray(other);
                spoil(wrong);
                blob.append(wrong);
                return null;
            }
            return honest.answer();
        });
    }

    private Blob read(Blob blob, BlobKind kind) {
        rearm();
        return lying(Blob.class, blob, (method, arguments, honest) -> {
            boolean reads = method.getName().equals("read");
            if (reads) {
                stall();
            }
            Object answer = honest.answer();
            if (reads && isWrong(kind, (int) arguments[0] == blob.records() - 1)) {
                spoil((MemorySegment) arguments[1]);
            }
            if (method.getName().equals("records") && is(Fault.SHORT)) {
                told.incrementAndGet();
                return Math.max(0, (int) answer - 1);
            }
            return answer;
        });
    }

    private boolean isWrong(BlobKind kind, boolean last) {
        return kind.equals(BlobKind.SHARE) && (is(Fault.SHARE) || is(Fault.SHARE_CHUNK) && last)
                || kind.equals(BlobKind.CIPHERTEXT) && is(Fault.CIPHERTEXT) && last;
    }

    /** Another pass, another wrong byte. */
    private void rearm() {
        if (!is(Fault.ONCE)) {
            sums.set(0);
        }
    }

    private AutoCloseable start(NodeFolder folder, Deadlines deadlines) throws InterruptedException {
        Clock clock = Clock.systemUTC();
        if (folder.card().role() == Role.DEALER) {
            DealerNode node = new DealerNode(
                    folder, folder.auditLog(clock), new Kernel(), Noise.start(List.of()), deadlines, clock);
            node.start();
            return node;
        }
        SecureRandom random = new SecureRandom();
        ProviderNode node = new ProviderNode(
                folder,
                folder.auditLog(clock),
                store(Stores.embedded(folder.path().resolve("store"), random, clock)),
                new Kernel(),
                random,
                deadlines,
                clock);
        node.start();
        return node;
    }

    public static void main(String[] arguments) throws Exception {
        LyingNode node = new LyingNode();
        Deadlines deadlines = Deadlines.stallAfter(Duration.ofSeconds(Long.parseLong(arguments[1])));
        try (AutoCloseable _ = node.start(NodeFolder.open(Path.of(arguments[0])), deadlines)) {
            System.out.println("ready");
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                System.out.println("told " + node.become(Fault.valueOf(line)));
            }
        } catch (IOException e) {
            // Nobody is there any more.
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }
}

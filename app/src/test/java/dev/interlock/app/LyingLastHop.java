package dev.interlock.app;

import dev.interlock.core.field.FieldKernel;
import dev.interlock.core.field.FieldKernels;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.log.AuditLog;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.Store;
import dev.interlock.wire.Deadlines;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A provider that, where it is the last hop of a small put, doesn't give all homes the same. Its classes are the product's, loaded
 * once more; what goes to the homes is changed in no class file but this loader's.
 */
public final class LyingLastHop extends ClassLoader {
    private static final String NODES = ProviderNode.class.getPackageName() + ".";
    private static final String TO_HOMES = NODES + "Pass$HomesSink";

    /** What one of the homes gets. */
    enum Lie {
        /** Another ciphertext. */
        OTHER,
        /** A stream that ends at once. */
        EMPTY,
        /** A stream in which nothing comes, and no end. */
        NOTHING
    }

    private volatile Lie lie = Lie.OTHER;
    /** Of the homes as they are sent to, which one is lied to. */
    private volatile int victim;

    private final AtomicInteger told = new AtomicInteger();

    LyingLastHop() {
        super(LyingLastHop.class.getClassLoader());
    }

    /** @param to which of the homes, in the order in which they are sent to */
    void tells(Lie what, int to) {
        lie = what;
        victim = to;
    }

    /** In how many puts it lied. */
    int told() {
        return told.get();
    }

    /** Starts a provider of this kind, in place of one that stands still. */
    void start(TestRing ring, String name) throws ReflectiveOperationException {
        NodeFolder folder = NodeFolder.open(ring.node(name));
        Clock clock = Clock.systemUTC();
        Class<?> type = loadClass(ProviderNode.class.getName());
        Object node = type.getConstructor(
                        NodeFolder.class,
                        AuditLog.class,
                        Store.class,
                        FieldKernel.class,
                        SecureRandom.class,
                        Deadlines.class,
                        Clock.class)
                .newInstance(
                        folder,
                        folder.auditLog(clock),
                        ring.openStore(name),
                        FieldKernels.chosen(),
                        new SecureRandom(),
                        ring.deadlines(),
                        clock);
        type.getMethod("start").invoke(node);
        ring.standIn(name, (AutoCloseable) node);
    }

    /** Called by the class that is changed: what it is to send to in place of its homes. */
    public static List<Object> homes(List<?> honest) {
        LyingLastHop liar = (LyingLastHop) honest.getFirst().getClass().getClassLoader();
        liar.told.incrementAndGet();
        List<Object> homes = new ArrayList<>(honest);
        homes.set(liar.victim, liar.lying(homes.get(liar.victim)));
        return homes;
    }

    private Object lying(Object home) {
        return Proxy.newProxyInstance(this, home.getClass().getInterfaces(), (_, called, arguments) -> {
            switch (called.getName()) {
                case "write" -> {
                    ByteBuf piece = (ByteBuf) arguments[0];
                    ByteBuf other = piece.copy();
                    piece.release();
                    if (lie == Lie.OTHER) {
                        other.setByte(0, other.getByte(0) ^ 1);
                        return answer(home, called, other);
                    }
                    other.release();
                    return null;
                }
                case "end" -> {
                    return lie == Lie.NOTHING ? null : answer(home, called);
                }
                default -> {
                    return answer(home, called, arguments == null ? new Object[0] : arguments);
                }
            }
        });
    }

    private static @Nullable Object answer(Object home, Method called, Object... arguments) throws Throwable {
        called.setAccessible(true);
        try {
            return called.invoke(home, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(NODES)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null) {
                return known;
            }
            byte[] code = code(name);
            byte[] loaded = name.equals(TO_HOMES) ? changed(code) : code;
            return defineClass(name, loaded, 0, loaded.length);
        }
    }

    private byte[] code(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    /** Where its constructor keeps the homes, it keeps {@link #homes} of them. */
    private static byte[] changed(byte[] code) {
        ClassDesc list = List.class.describeConstable().orElseThrow();
        ClassFile file = ClassFile.of();
        return file.transformClass(
                file.parse(code),
                ClassTransform.transformingMethodBodies(
                        method -> method.methodName().equalsString(ConstantDescs.INIT_NAME),
                        CodeTransform.ofStateful(() -> (builder, element) -> {
                            if (element instanceof FieldInstruction kept
                                    && kept.opcode() == Opcode.PUTFIELD
                                    && kept.typeSymbol().equals(list)) {
                                builder.invokestatic(
                                        ClassDesc.of(LyingLastHop.class.getName()),
                                        "homes",
                                        MethodTypeDesc.of(list, list));
                            }
                            builder.with(element);
                        })));
    }
}

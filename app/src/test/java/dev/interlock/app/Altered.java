package dev.interlock.app;

import dev.interlock.node.store.Blob;
import dev.interlock.node.store.BlobKind;
import dev.interlock.node.store.PendingObject;
import dev.interlock.node.store.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Parts of nodes that do one thing differently. */
final class Altered {
    private Altered() {}

    /** A store that hears of no commit. */
    static Store deaf(Store honest, AtomicBoolean broken) {
        return of(
                Store.class,
                honest,
                "commit",
                () -> {
                    if (broken.get()) {
                        throw new IllegalStateException("it hears nothing");
                    }
                },
                result -> result);
    }

    /** Where something else happens before one of its methods, or with what that returns. */
    static <T> T of(Class<T> type, T honest, String method, Runnable before, UnaryOperator<Object> after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, called, arguments) -> {
                    boolean meant = called.getName().equals(method);
                    if (meant) {
                        before.run();
                    }
                    try {
                        Object result = called.invoke(honest, arguments);
                        return meant ? after.apply(result) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }

    /** A store where something else happens before each record of a kind is kept. */
    static Store keeping(Store honest, BlobKind kind, Runnable before) {
        return of(Store.class, honest, "begin", () -> {}, pending -> keeping((PendingObject) pending, kind, before));
    }

    private static PendingObject keeping(PendingObject honest, BlobKind kind, Runnable before) {
        return (PendingObject) Proxy.newProxyInstance(
                PendingObject.class.getClassLoader(), new Class<?>[] {PendingObject.class}, (_, called, arguments) -> {
                    try {
                        Object result = called.invoke(honest, arguments);
                        boolean meant = called.getName().equals("create") && arguments[0].equals(kind);
                        return meant ? of(Blob.class, (Blob) result, "append", before, kept -> kept) : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** Where something else happens after one of its methods, with what that was given. */
    static <T> T after(Class<T> type, T honest, String method, Consumer<Object[]> after) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, called, arguments) -> {
                    try {
                        Object result = called.invoke(honest, arguments);
                        if (called.getName().equals(method)) {
                            after.accept(arguments);
                        }
                        return result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}

package dev.interlock.app;

import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.Store;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;

/** A provider's logins, which end before or after a write that they are told, as its process would, until they are revived. */
final class DyingLogins {
    private static final Set<String> WRITES =
            Set.of("prepare", "certify", "succeed", "eraseEarlierNames", "eraseShares", "raiseMark", "forgetDevice");

    /**
     * Where it ends.
     *
     * @param write from 0, of those since it was told
     * @param after whether that one is durable
     */
    record End(int write, boolean after) {}

    private static final End NEVER = new End(Integer.MAX_VALUE, false);

    private final LoginStore alive;
    private End end = NEVER;
    private int writes;
    private boolean dead;

    private DyingLogins(LoginStore alive) {
        this.alive = alive;
    }

    static DyingLogins of(Store store) {
        return new DyingLogins(store.logins());
    }

    /** That store, with these logins. */
    Store in(Store store) {
        LoginStore logins = (LoginStore) Proxy.newProxyInstance(
                LoginStore.class.getClassLoader(),
                new Class<?>[] {LoginStore.class},
                (_, method, arguments) -> call(method, arguments));
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(),
                new Class<?>[] {Store.class},
                (_, method, arguments) ->
                        method.getName().equals("logins") ? logins : invoke(method, store, arguments));
    }

    synchronized void endAt(End where) {
        end = where;
        writes = 0;
    }

    /** @return how many writes there were since it was told where to end */
    synchronized int revive() {
        int made = writes;
        end = NEVER;
        dead = false;
        writes = 0;
        return made;
    }

    private synchronized Object call(Method method, Object[] arguments) throws Throwable {
        boolean isLast = WRITES.contains(method.getName()) && writes++ == end.write();
        if (dead || (isLast && !end.after())) {
            dead = true;
            throw new IllegalStateException("this provider is dead");
        }
        Object result = invoke(method, alive, arguments);
        if (isLast) {
            dead = true;
            throw new IllegalStateException("this provider has just died");
        }
        return result;
    }

    private static Object invoke(Method method, Object on, Object[] arguments) throws Throwable {
        try {
            return method.invoke(on, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}

import dev.interlock.core.field.FieldKernels;
import dev.interlock.core.secret.SecretBytes;
import dev.interlock.node.NodeFolder;
import dev.interlock.node.provider.ProviderNode;
import dev.interlock.node.store.LoginStore;
import dev.interlock.node.store.SealedStore;
import dev.interlock.node.store.Stores;
import dev.interlock.node.store.Store;
import dev.interlock.wire.Deadlines;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The product's own provider, but for its share of every login, which is another: it answers wrongly. Its one argument is the
 * provider's folder. It runs until its input ends.
 */
final class Liar {
    private Liar() {}

    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        NodeFolder node = NodeFolder.open(folder);
        SealedStore honest = Stores.embedded(folder.resolve("store"), new SecureRandom(), Clock.systemUTC());
        Store lying = altered(Store.class, honest, "logins", logins -> altered(
                LoginStore.class, (LoginStore) logins, "share", share -> {
                    ((Optional<?>) share).ifPresent(each -> ((SecretBytes) each).close());
                    byte[] other = new byte[32];
                    other[31] = 7;
                    return Optional.of(SecretBytes.copyOf(other));
                }));
        new ProviderNode(
                        node,
                        node.auditLog(Clock.systemUTC()),
                        lying,
                        FieldKernels.chosen(),
                        new SecureRandom(),
                        Deadlines.stallAfter(Duration.ofSeconds(20)),
                        Clock.systemUTC())
                .start();
        System.out.println("lies");
        while (System.in.read() >= 0) {}
        System.exit(0);
    }

    private static <T> T altered(Class<T> type, T honest, String method, UnaryOperator<Object> change) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (_, called, given) -> {
            try {
                Object result = called.invoke(honest, given);
                return called.getName().equals(method) ? change.apply(result) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }
}

package dev.interlock.core.field;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Runs twice: without the vector module, and with it under -Dinterlock.test.vector=present. Never skips. */
class FieldKernelsTest {

    private static final String FLAG = "--add-modules jdk.incubator.vector";
    private static final boolean PRESENT = "present".equals(System.getProperty("interlock.test.vector"));

    @Test
    void choosesVectorsWhereTheModuleIsAndPlainJavaElsewhere() {
        assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent())
                .as("this run has the JVM flags that it claims to have")
                .isEqualTo(PRESENT);
        assertThat(FieldKernels.chosen().name()).isEqualTo(PRESENT ? "vector" : "swar");
        assertThat(FieldKernels.chosen()).isSameAs(FieldKernels.chosen());
    }

    @Test
    void saysWhyAndNamesTheFlagThatChangesIt() {
        if (PRESENT) {
            assertThat(FieldKernels.reason()).contains("vector").doesNotContain(FLAG);
        } else {
            assertThat(FieldKernels.reason()).contains("swar").contains(FLAG);
        }
    }

    @Test
    void loadsTheVectorClassOnlyWhereTheModuleIs() throws Exception {
        var loader = new FieldPackageLoader();
        Class<?> kernels = loader.loadClass(FieldKernels.class.getName());
        Object chosen = kernels.getMethod("chosen").invoke(null);

        assertThat(chosen.getClass().getClassLoader()).isSameAs(loader);
        String vectorClass = "dev.interlock.core.field.VectorKernel";
        if (PRESENT) {
            assertThat(loader.asked).contains(vectorClass);
        } else {
            assertThat(loader.asked)
                    .contains("dev.interlock.core.field.SwarKernel")
                    .doesNotContain(vectorClass);
        }
    }

    @Test
    void anAcceleratorThatComputesWronglyIsNotChosen() {
        var choice = FieldKernels.choose(true, WrongKernel::new);
        assertThat(choice.kernel()).isInstanceOf(SwarKernel.class);
        assertThat(choice.reason()).contains("failed").contains("differs from the reference");
    }

    @Test
    void anAcceleratorThatCannotBeLoadedIsNotChosen() {
        var choice = FieldKernels.choose(true, () -> {
            throw new NoClassDefFoundError("jdk/incubator/vector/ByteVector");
        });
        assertThat(choice.kernel()).isInstanceOf(SwarKernel.class);
        assertThat(choice.reason()).contains("failed").contains("jdk/incubator/vector/ByteVector");
    }

    @Test
    void withoutTheModuleTheAcceleratorIsNotEvenAsked() {
        var choice = FieldKernels.choose(false, () -> {
            throw new AssertionError("asked");
        });
        assertThat(choice.kernel()).isInstanceOf(SwarKernel.class);
        assertThat(choice.reason()).contains(FLAG);
    }

    @Test
    void selfTestTellsRightFromWrong() {
        assertThatCode(() -> FieldKernels.selfTest(new ReferenceKernel())).doesNotThrowAnyException();
        assertThatCode(() -> FieldKernels.selfTest(new SwarKernel())).doesNotThrowAnyException();
        assertThatThrownBy(() -> FieldKernels.selfTest(new WrongKernel()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("wrong")
                .hasMessageContaining("length");
    }

    /** Right but for the last byte of long vectors, as a kernel with a bad tail would be. */
    private static final class WrongKernel implements FieldKernel {
        @Override
        public void addScaled(MemorySegment out, MemorySegment in, int coefficient, MemorySegment src) {
            new ReferenceKernel().addScaled(out, in, coefficient, src);
            if (out.byteSize() > 64) {
                long last = out.byteSize() - 1;
                out.set(ValueLayout.JAVA_BYTE, last, (byte) ~out.get(ValueLayout.JAVA_BYTE, last));
            }
        }

        @Override
        public String name() {
            return "wrong";
        }
    }

    /** Loads the field package anew and remembers what was asked for. */
    private static final class FieldPackageLoader extends ClassLoader {
        private final Set<String> asked = new HashSet<>();

        FieldPackageLoader() {
            super(FieldKernelsTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.interlock.core.field.")) {
                return super.loadClass(name, resolve);
            }
            asked.add(name);
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

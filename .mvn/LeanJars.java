import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Makes the jars in a folder quick to start from. Rewrites those that the JVM can't keep in an AOT cache: a signed jar's
 * classes it never keeps, and checks their signature at every start instead, which proves nothing that the build's checksums
 * didn't; classes older than Java 6 have no stack maps, and the JVM infers types each time it loads them. And copies
 * Netty's and SQLite's libraries for Linux out of their jars, which each process would otherwise do for itself. Run by the build after
 * it copied the jars: {@code java LeanJars.java FOLDER}. What it writes depends on the jars alone.
 */
final class LeanJars {
    private static final Pattern SIGNATURE =
            Pattern.compile("META-INF/([^/]*\\.(SF|RSA|DSA|EC)|SIG-[^/]*)", Pattern.CASE_INSENSITIVE);
    /** Netty's, whose names tell the processor. */
    private static final Pattern LIBRARY = Pattern.compile("META-INF/native/([^/]*\\.so)");
    /** SQLite's, whose folders do. */
    private static final Pattern SQLITE = Pattern.compile("org/sqlite/native/(Linux)/(x86_64|aarch64)/libsqlitejdbc\\.so");
    /** Java 6, the first with stack maps. */
    private static final int STACK_MAPS = 50;
    /** Where the cache begins to take classes, and a version whose rules are those of the old ones. */
    private static final int WRITTEN = 52;

    public static void main(String[] args) throws IOException {
        List<Path> jars = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
            found.forEach(jars::add);
        }
        URL[] urls = new URL[jars.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = jars.get(i).toUri().toURL();
        }
        try (URLClassLoader classes = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
            ClassFile files = ClassFile.of(
                    ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
                    ClassFile.ClassHierarchyResolverOption.of(
                            ClassHierarchyResolver.ofResourceParsing(classes)
                                    .orElse(ClassHierarchyResolver.defaultResolver())));
            for (Path jar : jars) {
                if (heavy(jar)) {
                    rewrite(jar, files);
                }
                unpackLibraries(jar);
            }
        }
    }

    private static boolean heavy(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                JarEntry entry = entries.nextElement();
                if (SIGNATURE.matcher(entry.getName()).matches()) {
                    return true;
                }
                if (isClass(entry)) {
                    try (var in = file.getInputStream(entry)) {
                        if (version(in.readNBytes(8)) < STACK_MAPS) {
                            return true;
                        }
                    }
                }
            }
            return false;
        }
    }

    private static void rewrite(Path jar, ClassFile files) throws IOException {
        Path part = jar.resolveSibling(jar.getFileName() + ".part");
        try (JarFile file = new JarFile(jar.toFile(), false);
                OutputStream out = Files.newOutputStream(part);
                ZipOutputStream lean = new ZipOutputStream(out)) {
            for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                JarEntry entry = entries.nextElement();
                String name = entry.getName();
                if (SIGNATURE.matcher(name).matches()) {
                    continue;
                }
                byte[] content;
                try (var in = file.getInputStream(entry)) {
                    content = in.readAllBytes();
                }
                if (name.equals(JarFile.MANIFEST_NAME)) {
                    content = withoutDigests(content);
                } else if (isClass(entry) && version(content) < STACK_MAPS) {
                    content = withStackMaps(content, files);
                }
                ZipEntry written = new ZipEntry(name);
                written.setTime(entry.getTime());
                lean.putNextEntry(written);
                lean.write(content);
                lean.closeEntry();
            }
        }
        // Not older than what it replaces: otherwise the build would copy that again.
        Files.setLastModifiedTime(part, Files.getLastModifiedTime(jar));
        Files.move(part, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void unpackLibraries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile(), false)) {
            for (Enumeration<JarEntry> entries = file.entries(); entries.hasMoreElements(); ) {
                JarEntry entry = entries.nextElement();
                var library = LIBRARY.matcher(entry.getName());
                if (library.matches()) {
                    unpack(file, entry, jar.resolveSibling("native"), library.group(1));
                }
                var sqlite = SQLITE.matcher(entry.getName());
                if (sqlite.matches()) {
                    // As SqliteLinks.java looks for it.
                    unpack(
                            file,
                            entry,
                            jar.resolveSibling("native"),
                            "libsqlitejdbc-" + sqlite.group(1) + "-" + sqlite.group(2) + ".so");
                }
            }
        }
    }

    private static void unpack(JarFile file, JarEntry entry, Path folder, String name) throws IOException {
        Files.createDirectories(folder);
        Path part = folder.resolve(name + ".part");
        try (var in = file.getInputStream(entry)) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        }
        // A new file in its place, not new bytes in a file that a running node has mapped.
        Files.move(part, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isClass(ZipEntry entry) {
        return entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class");
    }

    private static int version(byte[] classFile) {
        return (classFile[6] & 0xff) << 8 | classFile[7] & 0xff;
    }

    private static byte[] withStackMaps(byte[] classFile, ClassFile files) {
        return files.transformClass(
                files.parse(classFile),
                ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL)
                        .andThen(ClassTransform.endHandler(builder -> builder.withVersion(WRITTEN, 0))));
    }

    /** The main attributes alone: the rest are what the signature signs. */
    private static byte[] withoutDigests(byte[] manifest) throws IOException {
        Manifest read = new Manifest(new ByteArrayInputStream(manifest));
        read.getEntries().clear();
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        read.write(written);
        return written.toByteArray();
    }
}

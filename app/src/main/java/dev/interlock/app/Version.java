package dev.interlock.app;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Which Interlock this is, made from which commit, on which Java. */
final class Version implements IVersionProvider {
    /** Written by the build. */
    private static final String FILE = "version.properties";

    @Override
    public String[] getVersion() throws IOException {
        Properties built = new Properties();
        try (InputStream file = Version.class.getResourceAsStream(FILE)) {
            if (file != null) {
                built.load(file);
            }
        }
        return new String[] {
            "interlock " + built.getProperty("version", "(unknown version)"),
            "commit    " + built.getProperty("commit", "unknown"),
            "java      " + System.getProperty("java.vendor") + " " + System.getProperty("java.runtime.version")
        };
    }
}

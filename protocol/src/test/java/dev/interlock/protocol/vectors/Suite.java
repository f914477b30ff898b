package dev.interlock.protocol.vectors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** One file of test vectors while it's made. */
final class Suite {
    static final String FORMAT = "interlock test vectors 1";

    final String name;
    private final String description;
    private final List<Fields> vectors = new ArrayList<>();
    private final Set<String> ids = new HashSet<>();

    Suite(String name, String description) {
        this.name = name;
        this.description = description;
    }

    /** The expected values are what {@link Product} makes of the inputs. */
    Suite add(String id, String comment, String kind, Function<Seeds, Fields> inputs) {
        Fields in = inputs.apply(new Seeds(name + "/" + id));
        return add(id, comment, kind, in, Product.of(kind, in.value()));
    }

    /** A negative vector: the class is what it must be, whatever the product makes of it. */
    Suite negative(String id, String comment, String kind, String expected, Function<Seeds, Fields> inputs) {
        return add(id, comment, kind, inputs.apply(new Seeds(name + "/" + id)), new Fields().text("class", expected));
    }

    private Suite add(String id, String comment, String kind, Fields in, Fields expected) {
        if (!ids.add(id)) {
            throw new IllegalArgumentException("two vectors of " + name + " have the id " + id);
        }
        vectors.add(new Fields()
                .text("id", id)
                .text("comment", comment)
                .text("kind", kind)
                .object("inputs", in)
                .object("expected", expected));
        return this;
    }

    /** The file: a field a line, the same bytes on every platform. */
    byte[] file() {
        Fields file = new Fields()
                .text("format", FORMAT)
                .text("suite", name)
                .text("description", description)
                .objects("vectors", vectors);
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
        try {
            return (new ObjectMapper().writer(printer).writeValueAsString(file.json) + "\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}

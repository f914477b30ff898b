package dev.interlock.protocol.vectors;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.interlock.core.sharing.ShareIndex;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/** Makes a JSON object of a test vector; bytes become hex. */
final class Fields {
    final ObjectNode json = JsonNodeFactory.instance.objectNode();

    Fields text(String field, String value) {
        json.put(field, value);
        return this;
    }

    Fields hex(String field, byte[] value) {
        json.put(field, HexFormat.of().formatHex(value));
        return this;
    }

    Fields hexes(String field, List<byte[]> values) {
        json.set(field, hexes(values));
        return this;
    }

    Fields hexLists(String field, List<List<byte[]>> values) {
        ArrayNode lists = json.putArray(field);
        values.forEach(list -> lists.add(hexes(list)));
        return this;
    }

    private static ArrayNode hexes(List<byte[]> values) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        values.forEach(value -> list.add(HexFormat.of().formatHex(value)));
        return list;
    }

    Fields number(String field, long value) {
        json.put(field, value);
        return this;
    }

    Fields flag(String field, boolean value) {
        json.put(field, value);
        return this;
    }

    Fields numbers(String field, int... values) {
        ArrayNode list = json.putArray(field);
        IntStream.of(values).forEach(list::add);
        return this;
    }

    Fields xs(String field, List<ShareIndex> xs) {
        return numbers(field, xs.stream().mapToInt(ShareIndex::x).toArray());
    }

    Fields texts(String field, List<String> values) {
        ArrayNode list = json.putArray(field);
        values.forEach(list::add);
        return this;
    }

    /** Null writes null. */
    Fields object(String field, Fields value) {
        json.set(field, value == null ? JsonNodeFactory.instance.nullNode() : value.json);
        return this;
    }

    Fields objects(String field, List<Fields> values) {
        ArrayNode list = json.putArray(field);
        values.forEach(value -> list.add(value.json));
        return this;
    }

    Fields lists(String field, List<List<Fields>> values) {
        ArrayNode lists = json.putArray(field);
        values.forEach(list -> {
            ArrayNode one = lists.addArray();
            list.forEach(value -> one.add(value.json));
        });
        return this;
    }

    Value value() {
        return new Value(json);
    }
}

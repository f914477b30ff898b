package dev.interlock.protocol.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.interlock.core.sharing.ShareIndex;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/** A JSON object of a test vector, read by field. */
record Value(JsonNode json) {
    String text(String field) {
        return need(field).textValue();
    }

    byte[] hex(String field) {
        return HexFormat.of().parseHex(text(field));
    }

    List<byte[]> hexes(String field) {
        return hexes(need(field));
    }

    List<List<byte[]>> hexLists(String field) {
        List<List<byte[]>> lists = new ArrayList<>();
        need(field).forEach(list -> lists.add(hexes(list)));
        return lists;
    }

    private static List<byte[]> hexes(JsonNode list) {
        List<byte[]> all = new ArrayList<>();
        list.forEach(one -> all.add(HexFormat.of().parseHex(one.textValue())));
        return all;
    }

    int number(String field) {
        return need(field).intValue();
    }

    long longNumber(String field) {
        return need(field).longValue();
    }

    int[] numbers(String field) {
        JsonNode list = need(field);
        return IntStream.range(0, list.size()).map(i -> list.get(i).intValue()).toArray();
    }

    List<String> texts(String field) {
        List<String> all = new ArrayList<>();
        need(field).forEach(one -> all.add(one.textValue()));
        return all;
    }

    ShareIndex x(String field) {
        return new ShareIndex(number(field));
    }

    List<ShareIndex> xs(String field) {
        return IntStream.of(numbers(field)).mapToObj(ShareIndex::new).toList();
    }

    Value object(String field) {
        return new Value(need(field));
    }

    List<Value> objects(String field) {
        List<Value> all = new ArrayList<>();
        need(field).forEach(one -> all.add(new Value(one)));
        return all;
    }

    boolean isNull(String field) {
        return need(field).isNull();
    }

    private JsonNode need(String field) {
        JsonNode node = json.get(field);
        if (node == null) {
            throw new IllegalArgumentException("there is no field " + field);
        }
        return node;
    }
}

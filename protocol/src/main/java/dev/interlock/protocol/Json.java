package dev.interlock.protocol;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import dev.interlock.core.encoding.MalformedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Collectors;

/** The one JSON mapper: strict where it reads. */
public final class Json {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .withCoercionConfig(
                    LogicalType.Textual,
                    text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
            // A field that may be null says so by @JsonSetter(nulls = Nulls.SET).
            .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.FAIL, Nulls.FAIL))
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            // An error that quotes its source could quote a blind's seed.
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .addModule(new SimpleModule().addDeserializer(byte[].class, new OneText()))
            .build();

    private Json() {}

    /** base64, one text for one value: Jackson's decoder alone would let stray bits pass. */
    private static final class OneText extends StdScalarDeserializer<byte[]> {
        private static final long serialVersionUID = 1L;

        OneText() {
            super(byte[].class);
        }

        @Override
        public byte[] deserialize(JsonParser in, DeserializationContext context) throws IOException {
            // In this order: once decoded, the text is gone.
            String text = in.getText();
            byte[] bytes = in.getBinaryValue();
            if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
                throw JsonMappingException.from(in, "not the one text of these bytes");
            }
            return bytes;
        }
    }

    /** Indented UTF-8: people read what travels and what is signed. */
    public static byte[] write(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a message of this program can't be written as JSON", e);
        }
    }

    /** @throws MalformedException when it isn't JSON of this type, no field unknown, missing, null or given twice */
    public static <T> T read(String what, byte[] json, Class<T> type) {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
            T value = MAPPER.readValue(text, type);
            if (value == null) {
                throw new MalformedException(what + " is empty");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new MalformedException(what + " can't be read: " + reason(e));
        } catch (CharacterCodingException e) {
            throw new MalformedException(what + " can't be read: it isn't UTF-8");
        }
    }

    /** Which rule failed and where; never the value, as Jackson's own messages have it: it could be a blind's seed. */
    private static String reason(JsonProcessingException e) {
        return switch (e) {
            case JsonMappingException outer
            when outer.getCause() instanceof JsonProcessingException inner -> reason(inner);
            case UnrecognizedPropertyException unknown -> "it has an unknown field, " + field(unknown);
            case InvalidNullException empty -> "the field " + field(empty) + " is null";
            case JsonMappingException other when other.getPath().isEmpty() -> "it isn't one JSON object of this kind";
            case JsonMappingException other -> "the field " + field(other) + " is missing or has a wrong value";
            default ->
                (e.getOriginalMessage().startsWith("Duplicate field") ? "it has a field twice" : "it isn't JSON")
                        + ", at line " + e.getLocation().getLineNr() + ", column "
                        + e.getLocation().getColumnNr();
        };
    }

    /** Where in the message, as {@code a.b[0].c}; the names come from outside. */
    private static String field(JsonMappingException e) {
        String path = e.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : "." + step.getFieldName())
                .collect(Collectors.joining());
        String shown = path.replaceFirst("^\\.", "").replaceAll("[^\\p{Graph}]", "?");
        return shown.substring(0, Math.min(shown.length(), 80));
    }
}

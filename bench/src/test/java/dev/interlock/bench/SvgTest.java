package dev.interlock.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

final class SvgTest {
    private final Report report = new Report();

    @Test
    void aLineGoesUpWhereItsValuesDo() throws Exception {
        report.point("layer", "bytes", "GB/s", "a <b> & \"c\"", 4098, 10);
        report.point("layer", "bytes", "GB/s", "a <b> & \"c\"", 64, 1);
        report.point("layer", "bytes", "GB/s", "a <b> & \"c\"", 1 << 20, 20);
        report.point("layer", "bytes", "GB/s", "copy", 64, 1);
        Document svg = parse(Svg.plots(report).get("layer"));
        NodeList lines = svg.getElementsByTagName("polyline");
        assertThat(lines.getLength()).isEqualTo(2);
        List<Double> xs = new ArrayList<>();
        List<Double> ys = new ArrayList<>();
        for (String point : ((Element) lines.item(0)).getAttribute("points").split(" ", -1)) {
            xs.add(Double.parseDouble(point.substring(0, point.indexOf(','))));
            ys.add(Double.parseDouble(point.substring(point.indexOf(',') + 1)));
        }
        assertThat(xs).hasSize(3).isSorted();
        assertThat(ys).isSortedAccordingTo(Collections.reverseOrder());
        assertThat(texts(svg)).contains("a <b> & \"c\"", "copy", "bytes", "GB/s", "100", "1k", "100k");
    }

    @Test
    void namesOfLinesDoNotLieOnOneAnother() throws Exception {
        for (int line = 0; line < 9; line++) {
            report.point("layer", "bytes", "GB/s", "line " + line, 1, 5);
            report.point("layer", "bytes", "GB/s", "line " + line, 2, 5);
        }
        Document svg = parse(Svg.plots(report).get("layer"));
        List<Double> heights = new ArrayList<>();
        NodeList texts = svg.getElementsByTagName("text");
        for (int i = 0; i < texts.getLength(); i++) {
            Element text = (Element) texts.item(i);
            if (text.getTextContent().startsWith("line ")) {
                heights.add(Double.parseDouble(text.getAttribute("y")));
            }
        }
        assertThat(heights).hasSize(9);
        for (int i = 1; i < heights.size(); i++) {
            assertThat(heights.get(i) - heights.get(i - 1)).isGreaterThanOrEqualTo(15);
        }
    }

    @Test
    void partsOfABarAreAsWideAsTheirValues() throws Exception {
        report.part("time", "s", "put", "TLS", 3);
        report.part("time", "s", "put", "disk", 1);
        report.part("time", "s", "get", "TLS", 2);
        Document svg = parse(Svg.plots(report).get("time"));
        List<Double> widths = new ArrayList<>();
        NodeList rectangles = svg.getElementsByTagName("rect");
        for (int i = 0; i < rectangles.getLength(); i++) {
            widths.add(Double.parseDouble(((Element) rectangles.item(i)).getAttribute("width")));
        }
        assertThat(widths).containsExactly(405.0, 135.0, 270.0, 10.0, 10.0);
        assertThat(texts(svg)).contains("time, s", "put", "get", "TLS", "disk", "4.00", "2.00");
    }

    @Test
    void logarithmsNeedPositiveValues() {
        report.point("layer", "bytes", "GB/s", "layer", 0, 1);
        assertThatIllegalArgumentException().isThrownBy(() -> Svg.plots(report)).withMessageContaining("above 0");
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<String> texts(Document svg) {
        List<String> texts = new ArrayList<>();
        NodeList nodes = svg.getElementsByTagName("text");
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        return texts;
    }
}

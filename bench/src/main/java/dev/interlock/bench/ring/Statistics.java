package dev.interlock.bench.ring;

import dev.interlock.bench.Report;
import java.util.Arrays;
import java.util.List;

/** Small sums over figures. */
final class Statistics {
    private Statistics() {}

    static double median(double... figures) {
        return median(Arrays.stream(figures).boxed().toList());
    }

    static double median(List<Double> figures) {
        return Report.Spread.of(figures).median();
    }

    /**
     * The smallest figure that at least this part of all doesn't exceed.
     *
     * @param part above 0, at most 1
     */
    static double percentile(double part, double... figures) {
        if (!(part > 0 && part <= 1)) {
            throw new IllegalArgumentException("a percentile at " + part + ", must be above 0 and at most 1");
        }
        double[] sorted = sorted(figures);
        return sorted[(int) Math.ceil(part * sorted.length) - 1];
    }

    /** What y grows by when x grows by 1, by least squares. */
    static double slope(List<Double> x, List<Double> y) {
        if (x.size() != y.size() || x.size() < 2) {
            throw new IllegalArgumentException(
                    "a slope of " + x.size() + " and " + y.size() + " figures, need as many of both and at least 2");
        }
        double meanX = mean(x);
        double meanY = mean(y);
        double above = 0;
        double below = 0;
        for (int i = 0; i < x.size(); i++) {
            above += (x.get(i) - meanX) * (y.get(i) - meanY);
            below += (x.get(i) - meanX) * (x.get(i) - meanX);
        }
        return above / below;
    }

    static double[] array(List<Double> figures) {
        return figures.stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double mean(List<Double> figures) {
        return figures.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static double[] sorted(double... figures) {
        if (figures.length == 0) {
            throw new IllegalArgumentException("no figures, need at least 1");
        }
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        return sorted;
    }
}

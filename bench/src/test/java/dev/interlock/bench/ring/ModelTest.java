package dev.interlock.bench.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ModelTest {
    private static final long GIB = 1L << 30;
    private static final StreamModel FIVE = new StreamModel(5, 3);

    @Test
    void aPutOfFiveAndThreeMakesThirteenPassesElevenHashesAndEightCopies() {
        assertThat(FIVE.putPasses()).isEqualTo(13);
        assertThat(FIVE.putHashes()).isEqualTo(11);
        assertThat(FIVE.putCopies()).isEqualTo(8);
    }

    @Test
    void aGetOfFiveAndThreeMakesThreePassesOneHashAndReadsFourCopies() {
        assertThat(FIVE.getPasses()).isEqualTo(3);
        assertThat(FIVE.getHashes()).isEqualTo(1);
        assertThat(FIVE.getReads()).isEqualTo(4);
    }

    @Test
    void countsFollowNAndT() {
        StreamModel all = new StreamModel(7, 7);
        assertThat(all.homes()).isEqualTo(1);
        assertThat(all.putPasses()).isEqualTo(7 + 1 + 6 + 1);
        assertThat(all.putCopies()).isEqualTo(8);
        assertThat(new StreamModel(15, 8).putPasses()).isEqualTo(15 + 1 + 14 + 1 + 7);
    }

    @Test
    void aPutIsBoundByTheCpuWhereTheDiskIsQuick() {
        var machine = new StreamModel.Machine(1.0 / GIB, 0.5 / GIB, 0.1 / GIB, 0.1 / GIB, 2);
        assertThat(FIVE.putCpu(GIB, machine)).isCloseTo(13 + 5.5, within(1e-9));
        assertThat(FIVE.putSeconds(GIB, machine)).isCloseTo((13 + 5.5) / 2, within(1e-9));
        assertThat(FIVE.getSeconds(GIB, machine)).isCloseTo((3 + 0.5) / 2, within(1e-9));
    }

    @Test
    void aPutIsBoundByTheDiskWhereItIsSlow() {
        var machine = new StreamModel.Machine(1.0 / GIB, 0.5 / GIB, 2.0 / GIB, 1.0 / GIB, 2);
        assertThat(FIVE.putSeconds(GIB, machine)).isCloseTo(16, within(1e-9));
        assertThat(FIVE.getSeconds(GIB, machine)).isCloseTo(4, within(1e-9));
    }

    @Test
    void aSmallPutMakesEightLegsAndARoundTripAndWaitsForThreeFsyncs() {
        SmallModel model = new SmallModel(5, 3);
        assertThat(model.putRoundTrips()).isEqualTo((2 + 4 + 1 + 1) / 2.0 + 1);
        assertThat(model.putFsyncsByAll()).isEqualTo(3);
        assertThat(model.put(new SmallModel.Machine(2, 5, 100))).isCloseTo(10 + 300, within(1e-9));
        assertThat(model.putRequests()).isEqualTo(5 + 1 + 5 + 1 + 4 + 3 + 5 + 5);
    }

    @Test
    void aSmallGetMakesOneRoundTripToThreeAndWaitsForNoFsync() {
        SmallModel model = new SmallModel(5, 3);
        assertThat(model.getRoundTrips()).isEqualTo(1);
        assertThat(model.getRequests()).isEqualTo(3);
        assertThat(model.get(new SmallModel.Machine(2, 5, 100))).isCloseTo(5, within(1e-9));
    }

    @Test
    void theOutlookDividesTheCoresByWhatAProviderUses() {
        Outlook.Builder builder = new Outlook.Builder();
        builder.providers(3, 10, 30);
        builder.providers(5, 14, 50);
        builder.threshold(2, 4, 10);
        builder.threshold(4, 6, 16);
        builder.load(true, new Outlook.Parts(4, 1, 2));
        builder.load(false, new Outlook.Parts(3, 0, 1));
        Outlook outlook = builder.build();
        assertThat(outlook.putMillisPerProvider()).isCloseTo(2, within(1e-9));
        assertThat(outlook.putCpuPerProvider()).isCloseTo(10, within(1e-9));
        assertThat(outlook.getMillisPerShare()).isCloseTo(1, within(1e-9));
        assertThat(outlook.getCpuPerShare()).isCloseTo(3, within(1e-9));
        assertThat(outlook.sentences(2)).anyMatch(s -> s.contains("1000 puts/s or 2000 gets/s"));
    }
}

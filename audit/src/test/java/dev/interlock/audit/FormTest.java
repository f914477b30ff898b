package dev.interlock.audit;

import static dev.interlock.audit.FormSpace.FORMS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class FormTest {
    private static final Unknown A = new Unknown(0, "a");
    private static final Unknown B = new Unknown(1, "b");

    private static Form form(int a, int b) {
        Form form = new Form();
        FORMS.addScaled(form, a, Form.of(A));
        FORMS.addScaled(form, b, Form.of(B));
        return form;
    }

    @Test
    void sumsAndMultiplesAreTakenUnknownByUnknown() {
        Form sum = form(0x02, 0x53);
        FORMS.addScaled(sum, 0xCA, form(0x00, 0x53));
        // FIPS 197: 53 · CA = 01.
        assertThat(sum).isEqualTo(form(0x02, 0x52)).hasToString("0x02·a + 0x52·b");
        assertThat(sum.coefficient(B)).isEqualTo(0x52);
    }

    @Test
    void whatIsAddedTwiceIsGone() {
        Form sum = form(3, 4);
        FORMS.add(sum, form(3, 9));
        FORMS.add(sum, form(0, 13));
        assertThat(sum.isZero()).isTrue();
        assertThat(sum).isEqualTo(new Form()).hasSameHashCodeAs(new Form()).hasToString("0");
        Form self = form(7, 1);
        FORMS.add(self, self);
        assertThat(self.isZero()).isTrue();
    }

    @Test
    void aCopyAndAZeroStandAlone() {
        Form one = form(1, 2);
        Form copy = one.copy();
        FORMS.add(copy, form(1, 0));
        assertThat(one).isEqualTo(form(1, 2)).isNotEqualTo(copy).isNotEqualTo("a");
        assertThat(FORMS.zero(one).isZero()).isTrue();
    }

    @Test
    void aCoefficientOutsideTheFieldIsRefused() {
        assertThatThrownBy(() -> FORMS.addScaled(new Form(), 256, Form.of(A)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("coefficient is 256, must be in 0..255");
        assertThatThrownBy(() -> FORMS.addScaled(new Form(), -1, Form.of(A)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}

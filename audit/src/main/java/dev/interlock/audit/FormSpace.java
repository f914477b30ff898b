package dev.interlock.audit;

import dev.interlock.core.field.LinearSpace;

/** The space of linear forms, through which the protocols run here as they run through bytes elsewhere. */
final class FormSpace implements LinearSpace<Form> {
    static final FormSpace FORMS = new FormSpace();

    private FormSpace() {}

    @Override
    public void addScaled(Form accumulator, int coefficient, Form v) {
        if ((coefficient & ~0xFF) != 0) {
            throw new IllegalArgumentException("coefficient is " + coefficient + ", must be in 0..255");
        }
        accumulator.addScaled(coefficient, v);
    }

    @Override
    public Form zero(Form like) {
        return new Form();
    }
}

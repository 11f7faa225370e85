"""A live instrument in the browser: ``synth-datamodule play``."""

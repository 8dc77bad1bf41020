"""The numerical judgement of a claim: both sides in exact arithmetic or at many digits, at points
that tell false claims from true ones."""

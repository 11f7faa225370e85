"""Speed, memory and distance to the definition, of any synth on this machine."""

// The server's calls: pure functions, so one that was cut off is asked again.

async function post(name, given, again = true) {
  let answer;
  try {
    answer = await fetch(name, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(given),
    });
  } catch (error) {
    if (again) return post(name, given, false);
    throw new Error("the server does not answer; is it still running?", { cause: error });
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error || `the server answers ${answer.status}`);
  }
  return answer;
}

export async function ask(name, given) {
  return (await post(name, given)).json();
}

export async function askBytes(name, given) {
  return (await post(name, given)).arrayBuffer();
}

// What is told of a sound, and its samples as they are: float32, every bit.
export async function askSound(state) {
  const bytes = await askBytes("sound", { parameters: state.numbers, noise_row: state.row });
  const length = new DataView(bytes).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  return { told, samples: new Float32Array(bytes, 4 + length) };
}

export async function about() {
  const [synth, diagram] = await Promise.all([fetch("synth.json"), fetch("diagram.svg")]);
  return { synth: await synth.json(), diagram: await diagram.text() };
}

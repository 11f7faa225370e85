// A/B/X: A and B are the target and a candidate, X is one of them; which?
const trials = shuffled(about.rows.flatMap((_, row) => about.candidates.map((_, candidate) => ({ row, candidate }))))
  .map((trial) => ({ ...trial, a: below(2), x: below(2) })); // 0 the target, 1 the candidate
const WORD = ["target", "candidate"];

function showTrial() {
  const place = given.length;
  if (place === trials.length) return done();
  const { row, candidate, a, x } = trials[place];
  const which = [a, 1 - a, x];
  const ids = which.map((one) => `s${row}_${one ? candidate + 1 : 0}`);
  const heard = new Set();
  let answer = null;
  trialBegan = performance.now();
  switcher.stop();

  const listen = async (k) => {
    if (switcher.playing) switcher.change(k);
    else await switcher.play(place, ids, k);
    if (switcher.playing && switcher.key === place) heard.add(switcher.heard);
    marked();
  };
  const letters = ["A", "B", "X"];
  const buttons = letters.map((letter, k) => make("button", { "aria-pressed": "false", id: "hear" + letter, onclick: () => listen(k) },
    letter, make("small", { text: "not heard" })));
  const verdicts = ["a", "b"].map((word) => make("button", { "aria-pressed": "false", id: "is" + word.toUpperCase(), disabled: "",
    text: `X is ${word.toUpperCase()}`, onclick: () => decide(word) }));
  const next = make("button", { class: "main", id: "next", disabled: "", text: place + 1 === trials.length ? "Finish" : "Next", onclick: () => {
    given.push({ sound: about.rows[row].name, system: about.candidates[candidate], a: WORD[a], b: WORD[1 - a], x: WORD[x],
      answer, seconds: +((performance.now() - trialBegan) / 1000).toFixed(1) });
    unsaved = true;
    showTrial();
  } });
  const decide = (word) => {
    if (heard.size < 3) return;
    answer = word;
    marked();
  };
  const marked = show.marked = () => {
    buttons.forEach((button, k) => {
      const now = switcher.playing && switcher.heard === k;
      button.setAttribute("aria-pressed", String(now));
      button.lastChild.textContent = now ? "playing" : heard.has(k) ? "heard" : "not heard";
    });
    verdicts.forEach((button, k) => {
      button.disabled = heard.size < 3;
      button.setAttribute("aria-pressed", String(answer === "ab"[k]));
    });
    next.disabled = !answer;
  };
  Object.assign(show, { listen, decide, next: () => { if (answer) next.click(); } });
  sheet(progressOf(place, trials.length),
    make("section", { class: "box" },
      make("h2", { text: "Which of A and B is X?" }),
      make("div", { class: "choices", role: "group", "aria-label": "Listen" }, ...buttons),
      timeline(),
      make("div", { class: "line" }, make("button", { id: "stop", text: "Stop", onclick: () => switcher.stop() }), loopSwitch(),
        make("span", { class: "soft small", text: "Changing keeps the place." }))),
    make("section", { class: "box" },
      make("div", { class: "verdict", role: "group", "aria-label": "Your answer" }, ...verdicts),
      make("p", { class: "soft small", text: "Hear all three, then decide; where you are not sure, guess." }),
      make("div", { class: "line" }, next)));
}

const call = (name, ...words) => { if (show[name]) show[name](...words); };
onKeys({
  a: () => call("listen", 0), b: () => call("listen", 1), x: () => call("listen", 2),
  digit: (digit) => { if (digit < 4) call("listen", digit - 1); },
  ArrowLeft: () => call("decide", "a"), ArrowRight: () => call("decide", "b"),
  Enter: () => call("next"), " ": () => switcher.playing ? switcher.stop() : call("listen", switcher.heard),
  l: () => $("loop") && $("loop").click(), d: () => $("theme").click(), "?": () => $("help").showModal(),
});
helpOf([["a b x", "hear A, B or X, at the same place"], ["← →", "X is A, X is B"], ["Enter", "next trial"],
  ["space", "play, stop"], ["l", "loop"], ["d", "light or dark"]]);
intro("A/B/X listening test", [
  `${trials.length} trials. In each, A and B are two sounds, and X is the same as one of them.`,
  "Say which one X is. There is always an answer; where you hear no difference, guess.",
  "Nothing is sent anywhere: at the end you save your answers as a file.",
], showTrial);

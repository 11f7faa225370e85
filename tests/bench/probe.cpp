// What the bare arithmetic of the Voice's audio rate costs in AVX-512, on one thread: no control
// rate, no draws, float32 pitch and 32-bit phases, so other sounds. It is a limit to hold the
// kernels against, not a renderer.
//
//   g++ -O3 -march=native -ffp-contract=off probe.cpp -o probe && ./probe 200
//
// prints the nanoseconds a sample of the fastest of so many sounds, which do not clip.

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

using Floats = __m512;
using Integers = __m512i;

constexpr int SAMPLES = 176400, FRAMES = 1764, LANES = 16, SIGNALS = 5;
constexpr int VECTORS = 3;  // side by side, so that no stage waits for itself
constexpr float FRAMES_PER_SAMPLE = 1763.0 / 176399.0;

static Floats all(float x) { return _mm512_set1_ps(x); }
static Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
static Floats clamped(Floats x, float low, float high) {
  return _mm512_min_ps(_mm512_max_ps(x, all(low)), all(high));
}

static Floats exp2(Floats x) {
  Floats whole = _mm512_roundscale_ps(x, 8), f = _mm512_sub_ps(x, whole), q = all(1.5359e-4f);
  for (float c : {1.3393e-3f, 9.6184e-3f, 5.5504e-2f, 0.24022645f, 0.6931472f, 1.0f})
    q = fma(q, f, all(c));
  Integers power = _mm512_slli_epi32(_mm512_cvtps_epi32(whole), 23);
  return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(q), power));
}

// sin(2 pi y), y in [-1/4, 1/4]
static Floats quarter_sine(Floats y) {
  Floats z = _mm512_mul_ps(y, y), q = all(-15.0946f);
  for (float c : {42.0587f, -76.7059f, 81.6052f, -41.3417f, 6.2831853f}) q = fma(q, z, all(c));
  return _mm512_mul_ps(q, y);
}

static Floats cosine(Floats cycles) {
  return quarter_sine(_mm512_sub_ps(all(0.25f), _mm512_abs_ps(cycles)));
}

static Floats sine(Floats cycles) {
  Floats far = _mm512_abs_ps(_mm512_sub_ps(_mm512_abs_ps(cycles), all(0.25f)));
  Integers y = _mm512_castps_si512(_mm512_sub_ps(all(0.25f), far));
  Integers sign = _mm512_and_epi32(_mm512_castps_si512(cycles), _mm512_set1_epi32(INT32_MIN));
  return quarter_sine(_mm512_castsi512_ps(_mm512_or_epi32(y, sign)));
}

// Running sums of a vector: each step adds what lies 1, 2, 4 and 8 lanes before.
static Integers summed(Integers x) {
  const Integers none = _mm512_setzero_si512();
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, none, 15));
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, none, 14));
  x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, none, 12));
  return _mm512_add_epi32(x, _mm512_alignr_epi32(x, none, 8));
}

static float render(const std::vector<float> control[SIGNALS], const float* noise, float* audio,
                    uint32_t phase) {
  const Integers last = _mm512_set1_epi32(LANES - 1);
  const Floats lanes = _mm512_cvtepi32_ps(
      _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  const Floats steps_a4 = all(440.0f / 44100.0f * 4294967296.0f);
  const Floats cycles_per_step = all(1.0f / 4294967296.0f);
  Integers phase_1 = _mm512_set1_epi32(phase), phase_2 = phase_1;
  Floats peak = all(0.0f);
  for (int begin = 0; begin < SAMPLES; begin += LANES * VECTORS) {
    Floats line[VECTORS][SIGNALS], pitch_1[VECTORS], pitch_2[VECTORS], wave_1[VECTORS];
    Floats sine_2[VECTORS], cosine_2[VECTORS], steep[VECTORS];
    Integers step_1[VECTORS], step_2[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
      Floats frame = _mm512_mul_ps(_mm512_add_ps(all(begin + LANES * v), lanes),
                                   all(FRAMES_PER_SAMPLE));
      Floats left = _mm512_roundscale_ps(frame, 9), share = _mm512_sub_ps(frame, left);
      int first = std::min((int)_mm512_cvtss_f32(frame), FRAMES - LANES);
      Integers here = _mm512_sub_epi32(_mm512_cvttps_epi32(left), _mm512_set1_epi32(first));
      Integers next = _mm512_min_epi32(_mm512_add_epi32(here, _mm512_set1_epi32(1)), last);
      for (int k = 0; k < SIGNALS; k++) {
        Floats near = _mm512_loadu_ps(&control[k][first]);
        line[v][k] = fma(_mm512_sub_ps(all(1.0f), share), _mm512_permutexvar_ps(here, near),
                         _mm512_mul_ps(share, _mm512_permutexvar_ps(next, near)));
      }
    }
    for (int v = 0; v < VECTORS; v++) {
      Floats midi_1 = clamped(fma(all(5.0f), line[v][0], all(60.0f)), 0.0f, 127.0f);
      Floats midi_2 = clamped(fma(all(-7.0f), line[v][2], all(48.0f)), 0.0f, 127.0f);
      pitch_1[v] = _mm512_mul_ps(_mm512_sub_ps(midi_1, all(69.0f)), all(1.0f / 12.0f));
      pitch_2[v] = _mm512_mul_ps(_mm512_sub_ps(midi_2, all(69.0f)), all(1.0f / 12.0f));
    }
    for (int v = 0; v < VECTORS; v++) {
      step_1[v] = summed(_mm512_cvtps_epu32(_mm512_mul_ps(exp2(pitch_1[v]), steps_a4)));
      step_2[v] = summed(_mm512_cvtps_epu32(_mm512_mul_ps(exp2(pitch_2[v]), steps_a4)));
    }
    for (int v = 0; v < VECTORS; v++) {
      Integers at_1 = _mm512_add_epi32(step_1[v], phase_1);
      Integers at_2 = _mm512_add_epi32(step_2[v], phase_2);
      phase_1 = _mm512_permutexvar_epi32(last, at_1);
      phase_2 = _mm512_permutexvar_epi32(last, at_2);
      Floats cycles = _mm512_mul_ps(_mm512_cvtepi32_ps(at_2), cycles_per_step);
      wave_1[v] = cosine(_mm512_mul_ps(_mm512_cvtepi32_ps(at_1), cycles_per_step));
      sine_2[v] = sine(cycles);
      cosine_2[v] = cosine(cycles);
    }
    for (int v = 0; v < VECTORS; v++)
      steep[v] = exp2(_mm512_mul_ps(clamped(_mm512_mul_ps(all(20.0f), sine_2[v]), -10.0f, 10.0f),
                                    all(-2.88539f)));
    for (int v = 0; v < VECTORS; v++) {
      float* out = audio + begin + LANES * v;
      Floats tanh = _mm512_div_ps(_mm512_sub_ps(all(1.0f), steep[v]),
                                  _mm512_add_ps(all(1.0f), steep[v]));
      Floats wave_2 = _mm512_mul_ps(tanh, fma(all(0.4f), cosine_2[v], all(1.0f)));
      Floats y = _mm512_mul_ps(_mm512_mul_ps(wave_1[v], line[v][1]), all(0.2f));
      y = fma(_mm512_mul_ps(wave_2, line[v][3]), all(0.2f), y);
      y = fma(_mm512_mul_ps(_mm512_loadu_ps(noise + begin + LANES * v), line[v][4]), all(0.01f), y);
      peak = _mm512_max_ps(peak, _mm512_abs_ps(y));
      _mm512_storeu_ps(out, y);
    }
  }
  return _mm512_reduce_max_ps(peak);
}

static double seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec + 1e-9 * now.tv_nsec;
}

int main(int count, char** words) {
  const int rounds = count > 1 ? std::atoi(words[1]) : 200;
  std::vector<float> control[SIGNALS], noise(32 * SAMPLES + 64), audio(4 * SAMPLES + 64);
  for (auto& one : control) {
    one.resize(FRAMES + 32);
    for (auto& x : one) x = std::rand() / (float)RAND_MAX;
  }
  for (auto& x : noise) x = 2 * (std::rand() / (float)RAND_MAX) - 1;
  double best = 1e9;
  float heard = 0;
  for (int n = 0; n < rounds; n++) {
    double begun = seconds();
    heard += render(control, &noise[(size_t)(n & 31) * SAMPLES], &audio[(size_t)(n & 3) * SAMPLES], n);
    best = std::min(best, seconds() - begun);
  }
  if (!(heard > 0)) return 1;  // nothing is computed that nobody looks at
  std::printf("%.6f\n", 1e9 * best / SAMPLES);
}

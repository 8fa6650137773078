// Whether a <video> has sound that is not silence, by whichever way it comes. Runs in the page.

/** What was decoded of HLS is told as bytes; a stream of WebRTC is listened to. */
export async function hears(video) {
  if (!(video.srcObject instanceof MediaStream)) return video.webkitAudioDecodedByteCount > 0;
  if (video.srcObject.getAudioTracks().length === 0) return false;
  const context = new AudioContext();
  try {
    await context.resume();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(video.srcObject).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    for (let look = 0; look < 100; look++) {
      analyser.getFloatTimeDomainData(wave);
      if (wave.some((sample) => Math.abs(sample) > 0.001)) return true;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
  } finally {
    await context.close();
  }
}

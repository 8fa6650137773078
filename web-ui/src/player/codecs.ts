// Names that people know for the codecs of a CODECS attribute (RFC 6381). Pure.

const H264_PROFILES: Record<string, string> = { "42": "Baseline", "4d": "Main", "58": "Extended", "64": "High", "6e": "High 10" };

/** "H.264 High" and "AAC" for "avc1.64001f,mp4a.40.2"; undefined for what is absent or unknown. */
export function clipCodecs(codecs: string): { readonly video: string | undefined; readonly audio: string | undefined } {
  let video: string | undefined;
  let audio: string | undefined;
  for (const codec of codecs.split(",")) {
    const [family = "", detail = ""] = codec.trim().split(".");
    switch (family.toLowerCase()) {
      case "avc1":
      case "avc3": {
        const profile = H264_PROFILES[detail.slice(0, 2).toLowerCase()];
        video = profile === undefined ? "H.264" : `H.264 ${profile}`;
        break;
      }
      case "hvc1":
      case "hev1":
        video = "HEVC";
        break;
      case "av01":
        video = "AV1";
        break;
      case "vp09":
        video = "VP9";
        break;
      case "mp4a":
        audio = codec.trim().endsWith(".40.34") ? "MP3" : "AAC";
        break;
      case "opus":
        audio = "Opus";
        break;
      case "ac-3":
      case "ec-3":
        audio = "Dolby Digital";
        break;
      case "flac":
        audio = "FLAC";
        break;
    }
  }
  return { video, audio };
}

/** An error as a sentence for visitors, who can change neither code nor options. */
export function plainSentence(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  switch (code) {
    case "IMAGE_UNREADABLE":
      return "This file cannot be read as a picture. It may be damaged, or of a kind that this browser does not know.";
    case "IMAGE_TOO_LARGE":
      return `${message} Scale it down first.`;
    case "MODEL_DOWNLOAD":
      return "The model could not be downloaded. Check the connection, then try again; what has arrived is kept.";
    case "MODEL_ALTERED":
      return "The model arrived damaged twice and was not used. Try again later, or tell whoever runs this site.";
    case "DEVICE_UNAVAILABLE":
      return `The model cannot run here: ${message}`;
    case "USAGE":
      return message ?? "";
  }
  switch (name) {
    case "NotAllowedError":
      return "The camera was refused. Allow it for this site in the browser's settings, or choose a picture instead.";
    case "NotFoundError":
    case "OverconstrainedError":
      return "There is no camera here. Choose a picture instead.";
    case "NotReadableError":
      return "The camera is in use by another program. Close that one, or choose a picture instead.";
  }
  return `Something went wrong: ${message ?? String(error)}`;
}

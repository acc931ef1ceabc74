import { element, notice } from "./dom.js";
import { plainSentence } from "./sentences.js";

/** Lets the visitor take a picture, where the browser knows of cameras. */
export function setUpCamera(onPicture: (name: string, blob: Blob) => void): void {
  const opener = element<HTMLButtonElement>("camera-open");
  const dialog = element<HTMLDialogElement>("camera");
  const video = element<HTMLVideoElement>("camera-video");
  opener.hidden = !navigator.mediaDevices?.getUserMedia;
  let stream: MediaStream | undefined;

  opener.addEventListener("click", async () => {
    notice("");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
      video.srcObject = stream;
      dialog.showModal();
      await video.play();
    } catch (error) {
      stop();
      dialog.close();
      notice(plainSentence(error));
    }
  });
  element("camera-take").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    canvas.toBlob(
      (blob) => {
        dialog.close();
        if (blob) onPicture(`camera ${new Date().toISOString().slice(0, 19).replace("T", " ")}.jpg`, blob);
        else notice("The camera gave no picture yet. Try again.");
      },
      "image/jpeg",
      0.95,
    );
  });
  element("camera-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", stop);

  function stop(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.srcObject = null;
  }
}

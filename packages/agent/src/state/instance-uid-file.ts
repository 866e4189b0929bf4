import { createInstanceUid, type InstanceUid, isInstanceUid } from "@opamp/protocol";
import type { FileFormat, StateFiles } from "./state-files.ts";

const FILE = "instance-uid.json";

const format: FileFormat<InstanceUid> = {
  version: 1,
  parse: ({ instanceUid }) =>
    typeof instanceUid === "string" && isInstanceUid(instanceUid) ? instanceUid : undefined,
  format: (instanceUid) => ({ instanceUid }),
};

/** The uid of the run before; on the first run a new one, stored before anybody hears of it (C-204). */
export function loadInstanceUid(files: StateFiles): InstanceUid {
  const stored = files.read(FILE, format);
  if (stored !== undefined) return stored;
  const instanceUid = createInstanceUid();
  saveInstanceUid(files, instanceUid);
  return instanceUid;
}

export function saveInstanceUid(files: StateFiles, instanceUid: InstanceUid): void {
  files.write(FILE, instanceUid, format);
}

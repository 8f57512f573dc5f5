// Parts of an artifact's path.

export const baseName = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** The folder that it is in; nothing for the outermost. */
export const folderOf = (path: string) =>
  path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";

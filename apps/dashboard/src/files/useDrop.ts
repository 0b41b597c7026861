import { useEffect, useState, type DragEvent } from "react";
import type { Offered } from "./useOffers.js";

/** Event listeners of a place to drop files on, and whether some are held over it. */
export interface Drop {
  isOver: boolean;
  listeners: {
    onDragOver: (event: DragEvent) => void;
    onDragLeave: (event: DragEvent) => void;
    onDrop: (event: DragEvent) => void;
  };
}

/** Takes files that are dropped; one that is dropped beside the place would make the browser leave the page for it, and does nothing. */
export function useDrop(isOpen: boolean, onFiles: (offered: readonly Offered[]) => void): Drop {
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const hold = (event: globalThis.DragEvent): void => {
      if (event.defaultPrevented || !holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
    };
    addEventListener("dragover", hold);
    addEventListener("drop", hold);
    return () => {
      removeEventListener("dragover", hold);
      removeEventListener("drop", hold);
    };
  }, []);
  return {
    isOver: isOver && isOpen,
    listeners: {
      onDragOver(event) {
        if (!isOpen || !holdsFiles(event.dataTransfer)) return;
        event.preventDefault();
        setIsOver(true);
      },
      onDragLeave({ currentTarget, relatedTarget }) {
        if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setIsOver(false);
      },
      onDrop(event) {
        setIsOver(false);
        if (!isOpen || !holdsFiles(event.dataTransfer)) return;
        event.preventDefault();
        onFiles(Array.from(event.dataTransfer.items, offeredBy).filter((offered) => offered !== null));
      },
    },
  };
}

function holdsFiles(held: DataTransfer | null): boolean {
  return held?.types.includes("Files") ?? false;
}

function offeredBy(item: DataTransferItem): Offered | null {
  const file = item.getAsFile();
  return file === null ? null : { file, isFolder: item.webkitGetAsEntry()?.isDirectory ?? false };
}

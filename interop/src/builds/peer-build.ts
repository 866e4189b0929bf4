/** How the programs of one language are made. */
export interface PeerBuild {
  readonly language: string;
  /** What is missing on this machine and how to get it, or undefined when nothing is. */
  missing(): string | undefined;
  /** Makes the programs. Throws when it cannot. */
  build(): void;
}

/** Whether agents are let in at this time. */
export interface Gate {
  isOpen(): boolean;
}

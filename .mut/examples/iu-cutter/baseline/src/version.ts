/** Version and milestone of this tree. A deployment leaves both as they are; a ratified milestone raises them. */
export const VERSION = '0.6.0';
export const MILESTONE = 'O4';

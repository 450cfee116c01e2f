export function sentences(message: unknown): string[];
export function findings(): string[];

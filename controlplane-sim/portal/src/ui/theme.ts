// SPDX-License-Identifier: Apache-2.0

export type Theme = "system" | "light" | "dark";

const KEY = "pcg.theme";
const darkSystem = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(): void {
  const theme = chosenTheme();
  const dark = theme === "dark" || (theme === "system" && darkSystem.matches);
  document.documentElement.classList.toggle("pf-v6-theme-dark", dark);
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  applyTheme();
}

export function followSystemTheme(): void {
  darkSystem.addEventListener("change", applyTheme);
}

// Before anything is painted: the theme that was chosen here before, else that of the system.
try {
  const chosen = localStorage.getItem("matcalc.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // No storage: the system's theme it is.
}

// Runs before the first paint, so that a remembered theme does not flash.
document.documentElement.dataset.theme = localStorage.getItem('acore-theme') ?? 'auto';

// Style sheets of packages are imported for what they do, not for what they export.
declare module '*.css';

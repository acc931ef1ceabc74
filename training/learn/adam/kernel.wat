;; Adam over arrays that lie one behind the other in one memory: four parameters at a time (128-bit SIMD).
;; Places and counts are in bytes, multiples of 16.
(module
  (import "arrays" "memory" (memory 1))

  ;; Sum of squares of the floats in [at, end), in double precision.
  (func (export "sumOfSquares") (param $at i32) (param $end i32) (result f64)
    (local $x v128) (local $low v128) (local $high v128)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $x (v128.load (local.get $at)))
        (local.set $low
          (f64x2.add (local.get $low)
            (f64x2.mul
              (f64x2.promote_low_f32x4 (local.get $x))
              (f64x2.promote_low_f32x4 (local.get $x)))))
        (local.set $x (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $x) (local.get $x)))
        (local.set $high
          (f64x2.add (local.get $high)
            (f64x2.mul
              (f64x2.promote_low_f32x4 (local.get $x))
              (f64x2.promote_low_f32x4 (local.get $x)))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.set $low (f64x2.add (local.get $low) (local.get $high)))
    (f64.add (f64x2.extract_lane 0 (local.get $low)) (f64x2.extract_lane 1 (local.get $low))))

  ;; $scale: factor of the gradients. $mean1, $mean2: 1 - beta. $follow: 1 - decay of the average.
  (func (export "step")
    (param $value i32) (param $gradient i32) (param $mean i32) (param $variance i32) (param $average i32)
    (param $count i32)
    (param $scale f32) (param $rate f32) (param $mean1 f32) (param $mean2 f32) (param $epsilon f32) (param $follow f32)
    (local $end i32) (local $g v128) (local $m v128) (local $v v128) (local $x v128) (local $a v128)
    (local.set $end (i32.add (local.get $value) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $value) (local.get $end)))
        ;; g = gradient * scale
        (local.set $g (f32x4.mul (v128.load (local.get $gradient)) (f32x4.splat (local.get $scale))))
        ;; m += (1 - beta1) * (g - m)
        (local.set $m (v128.load (local.get $mean)))
        (local.set $m
          (f32x4.add (local.get $m)
            (f32x4.mul (f32x4.splat (local.get $mean1)) (f32x4.sub (local.get $g) (local.get $m)))))
        (v128.store (local.get $mean) (local.get $m))
        ;; v += (1 - beta2) * (g * g - v)
        (local.set $v (v128.load (local.get $variance)))
        (local.set $v
          (f32x4.add (local.get $v)
            (f32x4.mul (f32x4.splat (local.get $mean2))
              (f32x4.sub (f32x4.mul (local.get $g) (local.get $g)) (local.get $v)))))
        (v128.store (local.get $variance) (local.get $v))
        ;; x -= rate * m / (sqrt(v) + epsilon)
        (local.set $x
          (f32x4.sub (v128.load (local.get $value))
            (f32x4.div
              (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $m))
              (f32x4.add (f32x4.sqrt (local.get $v)) (f32x4.splat (local.get $epsilon))))))
        (v128.store (local.get $value) (local.get $x))
        ;; average += (1 - decay) * (x - average)
        (local.set $a (v128.load (local.get $average)))
        (v128.store (local.get $average)
          (f32x4.add (local.get $a)
            (f32x4.mul (f32x4.splat (local.get $follow)) (f32x4.sub (local.get $x) (local.get $a)))))
        (local.set $value (i32.add (local.get $value) (i32.const 16)))
        (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
        (local.set $mean (i32.add (local.get $mean) (i32.const 16)))
        (local.set $variance (i32.add (local.get $variance) (i32.const 16)))
        (local.set $average (i32.add (local.get $average) (i32.const 16)))
        (br $next)))))
